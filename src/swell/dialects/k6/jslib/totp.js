// TOTP: one-time passwords of RFC 6238 with SHA-1.
'use strict';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32(text) {
  const bytes = [];
  let bits = 0, held = 0;
  for (const c of `${text}`.toUpperCase().replace(/[\s=-]/g, '')) {
    const value = ALPHABET.indexOf(c);
    if (value < 0) throw new Error(`the secret of TOTP must be base32, but has ${JSON.stringify(c)}`);
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) { bits -= 8; bytes.push((held >> bits) & 255); }
  }
  return new Uint8Array(bytes);
}

class TOTP {
  constructor(secret, digits = 6) {
    this.digits = digits;
    Object.defineProperty(this, 'key', { value: base32(secret) });
  }
  async gen(timeStep = 30, bias = 0) {
    const counter = new DataView(new ArrayBuffer(8));
    counter.setBigUint64(0, BigInt(Math.floor(Date.now() / 1000 / timeStep) + bias));
    const { hmac } = core.part('modules')(0, 'k6/crypto');
    const mac = new DataView(hmac('sha1', this.key.buffer, counter.buffer, 'binary'));
    const value = mac.getUint32(mac.getUint8(19) & 15) & 0x7fffffff;
    return `${value % 10 ** this.digits}`.padStart(this.digits, '0');
  }
  // One step before and after count as well: clocks differ.
  async verify(code, timeStep = 30) {
    for (const bias of [0, -1, 1]) if ((await this.gen(timeStep, bias)) === `${code}`) return true;
    return false;
  }
}
exports.TOTP = TOTP;
