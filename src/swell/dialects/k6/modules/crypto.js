// k6/crypto in the script.
'use strict';
const made = { hexEncode: host.hexEncode, randomBytes: host.randomBytes };
const copied = (data) => (typeof data === 'string' ? data : data instanceof ArrayBuffer ? data.slice(0) : ArrayBuffer.isView(data) ? data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) : data);

for (const algorithm of host.algorithms) made[algorithm] = (data, encoding) => host.digest(algorithm, [data], encoding);
made.hmac = (algorithm, secret, data, encoding) => host.hmac(algorithm, secret, [data], encoding);

class Hasher {
  #pieces = []; #digest;
  constructor(digest) { this.#digest = digest; }
  update(data) { this.#pieces.push(copied(data)); }
  digest(encoding) { return this.#digest(this.#pieces, encoding); }
}
made.createHash = (algorithm) => {
  host.known(algorithm);
  return new Hasher((pieces, encoding) => host.digest(algorithm, pieces, encoding));
};
made.createHMAC = (algorithm, secret) => {
  host.known(algorithm);
  secret = copied(secret);
  return new Hasher((pieces, encoding) => host.hmac(algorithm, secret, pieces, encoding));
};
exports.default = made;
