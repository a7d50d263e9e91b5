// Hashes, HMACs and chance.
const { Buffer } = core.part('modules')(0, 'buffer').default;
const bytes = (value) => (typeof value === 'string' ? value : Uint8Array.from(value));
const shown = (buffer, encoding) => (encoding && encoding !== 'buffer' ? buffer.toString(encoding) : buffer);

class Hash {
  constructor(algorithm, key) { this.algorithm = algorithm; this.key = key; this.pieces = []; }
  update(data, encoding) {
    this.pieces.push(typeof data === 'string' && encoding && !/^utf-?8$/i.test(encoding) ? Uint8Array.from(Buffer.from(data, encoding)) : bytes(data));
    return this;
  }
  digest(encoding) { return shown(Buffer.from(host.hash(this.algorithm, this.key, this.pieces)), encoding); }
  copy() { const other = new Hash(this.algorithm, this.key); other.pieces = [...this.pieces]; return other; }
}

const later = (make, callback) => {
  if (!callback) return make();
  let value, failed = null;
  try { value = make(); } catch (error) { failed = error; }
  setTimeout(() => callback(failed, value), 0);
};
const refuse = (name) => () => { throw new Error(`crypto.${name} does not work here; write this part of the processor in Python (processor: checks.py)`); };
const crypto = {
  createHash: (algorithm) => new Hash(`${algorithm}`, null),
  createHmac: (algorithm, key) => new Hash(`${algorithm}`, bytes(key && key.export ? key.export() : key)),
  hash: (algorithm, data, encoding = 'hex') => new Hash(`${algorithm}`, null).update(data).digest(encoding),
  randomBytes: (size, callback) => later(() => Buffer.from(host.random(size)), callback),
  pseudoRandomBytes: (size, callback) => later(() => Buffer.from(host.random(size)), callback),
  randomFillSync: (target) => { target.set(new Uint8Array(host.random(target.byteLength))); return target; },
  randomUUID: () => host.uuid(),
  randomInt: (low, high, callback) => (typeof high === 'number' ? later(() => host.randomInt(low, high), callback) : later(() => host.randomInt(0, low), high)),
  timingSafeEqual: (a, b) => Buffer.compare(a, b) === 0,
  pbkdf2Sync: (password, salt, rounds, size, algorithm) => Buffer.from(host.derive(bytes(password), bytes(salt), rounds, size, algorithm)),
  pbkdf2: (password, salt, rounds, size, algorithm, callback) => later(() => crypto.pbkdf2Sync(password, salt, rounds, size, algorithm), callback),
  getHashes: () => host.hashes(),
  createSecretKey: (key, encoding) => ({ type: 'secret', export: () => Buffer.from(key, encoding) }),
  constants: {},
};
for (const name of ['createSign', 'createVerify', 'createCipheriv', 'createDecipheriv', 'createCipher', 'generateKeyPair', 'generateKeyPairSync',
  'createPrivateKey', 'createPublicKey', 'publicEncrypt', 'privateDecrypt', 'sign', 'verify', 'scryptSync', 'createECDH', 'createDiffieHellman']) {
  crypto[name] = refuse(name);
}
crypto.webcrypto = {
  randomUUID: crypto.randomUUID,
  getRandomValues: (array) => { new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(new Uint8Array(host.random(array.byteLength))); return array; },
  subtle: {
    digest: async (algorithm, data) => host.hash(`${algorithm.name || algorithm}`, null, [new Uint8Array(data.buffer ?? data)]),
  },
  ...Object.fromEntries(['createHash', 'createHmac', 'randomBytes', 'randomInt'].map((name) => [name, crypto[name]])),
};
crypto.getRandomValues = crypto.webcrypto.getRandomValues;
crypto.subtle = crypto.webcrypto.subtle;
exports.default = crypto;
