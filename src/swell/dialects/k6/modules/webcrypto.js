// The global `crypto`: random values, and SubtleCrypto on functions of Python. Key material stays in a private field.
'use strict';
const fail = (name, message) => { throw new DOMException(message, name); };
const bytesOf = (data, what = 'the data') => {
  if (data instanceof ArrayBuffer) return data;
  if (ArrayBuffer.isView(data)) return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  throw new TypeError(`${what} must be an ArrayBuffer or a view of one`);
};

class CryptoKey {
  #data;
  constructor(type, algorithm, extractable, usages, data) {
    Object.assign(this, { type, extractable, algorithm, usages });
    this.#data = data;
  }
  static data(key) {
    if (!(key instanceof CryptoKey)) throw new TypeError('this needs a CryptoKey');
    return key.#data;
  }
  get [Symbol.toStringTag]() { return 'CryptoKey'; }
}

// Algorithms by name whatever the case, their hashes as { name }, their binary parameters as ArrayBuffers.
const NAMES = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512', 'HMAC', 'AES-CBC', 'AES-CTR', 'AES-GCM', 'AES-KW', 'PBKDF2', 'HKDF', 'ECDSA', 'ECDH',
  'RSASSA-PKCS1-v1_5', 'RSA-PSS', 'RSA-OAEP'];
function algorithmOf(given) {
  const wanted = typeof given === 'string' ? { name: given } : { ...given };
  if (typeof wanted.name !== 'string') throw new TypeError('an algorithm needs a name');
  const name = NAMES.find((known) => known.toLowerCase() === wanted.name.toLowerCase());
  if (!name) fail('NotSupportedError', `the algorithm ${wanted.name} is not supported`);
  wanted.name = name;
  if (wanted.hash !== undefined) wanted.hash = algorithmOf(wanted.hash);
  for (const field of ['iv', 'counter', 'additionalData', 'label', 'salt', 'info', 'publicExponent']) if (wanted[field] !== undefined) wanted[field] = bytesOf(wanted[field], field);
  return wanted;
}

// What keys of an algorithm may be used for: secret or private ones, public ones.
const USES = {
  HMAC: [['sign', 'verify']], 'AES-CBC': [['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']], 'AES-CTR': [['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']],
  'AES-GCM': [['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']], 'AES-KW': [['wrapKey', 'unwrapKey']], PBKDF2: [['deriveKey', 'deriveBits']], HKDF: [['deriveKey', 'deriveBits']],
  ECDSA: [['sign'], ['verify']], 'RSASSA-PKCS1-v1_5': [['sign'], ['verify']], 'RSA-PSS': [['sign'], ['verify']],
  'RSA-OAEP': [['decrypt', 'unwrapKey'], ['encrypt', 'wrapKey']], ECDH: [['deriveKey', 'deriveBits'], []],
};
function usesOf(algorithm, usages, type) {
  const [own, pub = []] = USES[algorithm.name] ?? fail('NotSupportedError', `there are no keys of ${algorithm.name}`);
  const allowed = type === 'public' ? pub : type === 'pair' ? [...own, ...pub] : own;
  const list = [...new Set(usages)];
  const wrong = list.find((use) => !allowed.includes(use));
  if (wrong !== undefined) fail('SyntaxError', `a ${type} key of ${algorithm.name} cannot be used for ${wrong}`);
  if (!list.length && type !== 'public') fail('SyntaxError', `usages must not be empty for a ${type} key`);
  return list;
}
function may(key, algorithm, use) {
  const data = CryptoKey.data(key);
  if (key.algorithm.name !== algorithm.name) fail('InvalidAccessError', `the key is one of ${key.algorithm.name}, not of ${algorithm.name}`);
  if (!key.usages.includes(use)) fail('InvalidAccessError', `the key's usages do not have ${use}`);
  return { type: key.type, algorithm: key.algorithm, data };
}
const plainOf = (key) => ({ type: key.type, algorithm: key.algorithm, data: CryptoKey.data(key), usages: key.usages, extractable: key.extractable });

// How many bits a derived key has.
function bitsFor(algorithm) {
  if (algorithm.name === 'HMAC') return algorithm.length ?? { 'SHA-1': 512, 'SHA-256': 512, 'SHA-384': 1024, 'SHA-512': 1024 }[algorithm.hash?.name];
  return algorithm.length;
}

class SubtleCrypto {
  async digest(algorithm, data) { return host.digest(algorithmOf(algorithm).name, bytesOf(data)); }

  async generateKey(algorithm, extractable, usages) {
    algorithm = algorithmOf(algorithm);
    const pair = (USES[algorithm.name] ?? []).length > 1, all = usesOf(algorithm, usages, pair ? 'pair' : 'secret');
    const made = host.generate(algorithm);
    if (!pair) return new CryptoKey('secret', made.algorithm, !!extractable, all, made.data);
    const part = (i) => USES[algorithm.name][i].filter((use) => all.includes(use));
    return { privateKey: new CryptoKey('private', made.algorithm, !!extractable, part(0), made.private), publicKey: new CryptoKey('public', made.algorithm, true, part(1), made.public) };
  }

  async importKey(format, data, algorithm, extractable, usages) {
    algorithm = algorithmOf(algorithm);
    const jwk = format === 'jwk';
    if (jwk && (typeof data !== 'object' || data === null || data instanceof ArrayBuffer || ArrayBuffer.isView(data))) throw new TypeError('a JWK must be an object');
    const made = host.importKey(format, jwk ? { ...data } : bytesOf(data, 'the key'), algorithm), all = usesOf(algorithm, usages, made.type);
    if (jwk && data.ext === false && extractable) fail('DataError', 'the JWK says that it must not be extractable');
    return new CryptoKey(made.type, made.algorithm, !!extractable, all, made.data);
  }

  async exportKey(format, key) {
    CryptoKey.data(key);
    if (!key.extractable) fail('InvalidAccessError', 'the key is not extractable');
    const made = host.exportKey(format, plainOf(key));
    return format === 'jwk' ? { ...made, key_ops: [...key.usages], ext: key.extractable } : made;
  }

  async encrypt(algorithm, key, data) { algorithm = algorithmOf(algorithm); return host.encrypt(algorithm, may(key, algorithm, 'encrypt'), bytesOf(data)); }
  async decrypt(algorithm, key, data) { algorithm = algorithmOf(algorithm); return host.decrypt(algorithm, may(key, algorithm, 'decrypt'), bytesOf(data)); }
  async sign(algorithm, key, data) { algorithm = algorithmOf(algorithm); return host.sign(algorithm, may(key, algorithm, 'sign'), bytesOf(data)); }
  async verify(algorithm, key, signature, data) {
    algorithm = algorithmOf(algorithm);
    return host.verify(algorithm, may(key, algorithm, 'verify'), bytesOf(signature, 'the signature'), bytesOf(data));
  }

  async deriveBits(algorithm, key, length) { return this.#derive(algorithm, key, length, 'deriveBits'); }
  #derive(algorithm, key, length, use) {
    const wanted = { ...algorithm };
    delete wanted.public;
    const settings = algorithmOf(wanted), own = may(key, settings, use);
    if (settings.name === 'ECDH') settings.public = { type: algorithm.public.type, algorithm: algorithm.public.algorithm, data: CryptoKey.data(algorithm.public) };
    return host.derive(settings, own, length ?? null);
  }
  async deriveKey(algorithm, key, derived, extractable, usages) {
    derived = algorithmOf(derived);
    return this.importKey('raw', this.#derive(algorithm, key, bitsFor(derived), 'deriveKey'), derived, extractable, usages);
  }

  async wrapKey(format, key, wrapping, algorithm) {
    algorithm = algorithmOf(algorithm);
    const exported = await this.exportKey(format, key);
    const data = format === 'jwk' ? new TextEncoder().encode(JSON.stringify(exported)).buffer : exported;
    return host.encrypt(algorithm, may(wrapping, algorithm, 'wrapKey'), data);
  }
  async unwrapKey(format, wrapped, key, algorithm, keyAlgorithm, extractable, usages) {
    algorithm = algorithmOf(algorithm);
    const data = host.decrypt(algorithm, may(key, algorithm, 'unwrapKey'), bytesOf(wrapped));
    return this.importKey(format, format === 'jwk' ? JSON.parse(new TextDecoder().decode(data)) : data, keyAlgorithm, extractable, usages);
  }
}
// Errors of Python become what browsers throw.
for (const [name, call] of Object.entries(host)) {
  host[name] = (...args) => {
    try { return call(...args); } catch (error) {
      if (error.name === 'TypeError' || error.name === 'Error') throw error;
      throw new DOMException(error.message, error.name);
    }
  };
}

class Crypto {
  constructor() { Object.defineProperty(this, 'subtle', { value: new SubtleCrypto(), enumerable: true }); }
  getRandomValues(view) {
    const known = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array, BigUint64Array];
    if (!known.some((type) => view instanceof type)) fail('TypeMismatchError', 'getRandomValues() needs a typed array of integers');
    if (view.byteLength > 65536) fail('QuotaExceededError', `getRandomValues() gives at most 65536 bytes, not ${view.byteLength}`);
    if (view.byteLength) new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(new Uint8Array(host.random(view.byteLength)));
    return view;
  }
  randomUUID() { return host.uuid(); }
}
exports.crypto = new Crypto();
exports.CryptoKey = CryptoKey;
