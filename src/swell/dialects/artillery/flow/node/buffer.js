// Buffer: a Uint8Array with Node's methods.
const ENCODINGS = new Set(['utf8', 'utf-8', 'hex', 'base64', 'base64url', 'latin1', 'binary', 'ascii', 'utf16le', 'utf-16le', 'ucs2', 'ucs-2']);
const view = (b) => new DataView(b.buffer, b.byteOffset, b.byteLength);
const adopt = (bytes) => Object.setPrototypeOf(bytes, Buffer.prototype);
const fill = (b, value, encoding) => {
  if (typeof value === 'number') return Uint8Array.prototype.fill.call(b, value & 255);
  const bytes = typeof value === 'string' ? encode(value, encoding) : value;
  for (let i = 0; i < b.length && bytes.length; i++) b[i] = bytes[i % bytes.length];
  return b;
};
const encode = (text, encoding) => new Uint8Array(host.encode(text, encoding || 'utf8'));

class Buffer extends Uint8Array {
  static from(value, encoding, length) {
    if (typeof value === 'string') return adopt(encode(value, encoding));
    if (value instanceof ArrayBuffer) return adopt(new Uint8Array(value, encoding || 0, length));
    if (value && value.type === 'Buffer' && Array.isArray(value.data)) return adopt(Uint8Array.from(value.data));
    if (ArrayBuffer.isView(value) || Array.isArray(value)) return adopt(Uint8Array.from(value, (n) => n & 255));
    if (value && typeof value.valueOf() === 'string') return adopt(encode(value.valueOf(), encoding));
    throw new TypeError('Buffer.from() takes text, bytes or an array of numbers');
  }
  static alloc(size, value = 0, encoding) { return fill(adopt(new Uint8Array(size)), value, encoding); }
  static allocUnsafe(size) { return adopt(new Uint8Array(size)); }
  static isBuffer(value) { return value instanceof Buffer; }
  static isEncoding(name) { return ENCODINGS.has(`${name}`.toLowerCase()); }
  static byteLength(value, encoding) { return typeof value === 'string' ? encode(value, encoding).length : value.byteLength; }
  static compare(a, b) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
    return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
  }
  static concat(list, total) {
    const size = total ?? list.reduce((sum, each) => sum + each.length, 0), all = Buffer.alloc(size);
    let at = 0;
    for (const each of list) {
      if (at >= size) break;
      all.set(each.length > size - at ? each.subarray(0, size - at) : each, at);
      at += each.length;
    }
    return all;
  }
  toString(encoding = 'utf8', start = 0, end = this.length) {
    const part = start > 0 || end < this.length ? this.subarray(start, end) : this;
    return host.decode(Uint8Array.from(part), encoding);
  }
  toJSON() { return { type: 'Buffer', data: Array.from(this) }; }
  equals(other) { return Buffer.compare(this, other) === 0; }
  compare(other) { return Buffer.compare(this, other); }
  slice(start, end) { return adopt(Uint8Array.prototype.subarray.call(this, start, end)); }
  subarray(start, end) { return this.slice(start, end); }
  fill(value, start = 0, end = this.length, encoding) { fill(this.slice(start, end), value, encoding); return this; }
  write(text, offset = 0, length, encoding) {
    const bytes = encode(text, typeof offset === 'string' ? offset : encoding), at = typeof offset === 'string' ? 0 : offset;
    const part = bytes.subarray(0, Math.min(bytes.length, length ?? Infinity, this.length - at));
    this.set(part, at);
    return part.length;
  }
  copy(target, at = 0, start = 0, end = this.length) {
    const part = this.slice(start, Math.min(end, start + target.length - at));
    target.set(part, at);
    return part.length;
  }
  indexOf(value, from = 0) {
    if (typeof value === 'number') return Uint8Array.prototype.indexOf.call(this, value, from);
    const wanted = typeof value === 'string' ? encode(value) : value;
    for (let i = from; i <= this.length - wanted.length; i++) if (wanted.every((byte, j) => this[i + j] === byte)) return i;
    return -1;
  }
  includes(value, from) { return this.indexOf(value, from) >= 0; }
  readUInt8(at = 0) { return this[at]; }
  readInt8(at = 0) { return view(this).getInt8(at); }
  writeUInt8(value, at = 0) { this[at] = value; return at + 1; }
}
for (const [name, get, size] of [['UInt16', 'Uint16', 2], ['UInt32', 'Uint32', 4], ['Int16', 'Int16', 2], ['Int32', 'Int32', 4],
  ['Float', 'Float32', 4], ['Double', 'Float64', 8], ['BigUInt64', 'BigUint64', 8], ['BigInt64', 'BigInt64', 8]]) {
  for (const [order, little] of [['LE', true], ['BE', false]]) {
    const read = function (at = 0) { return view(this)[`get${get}`](at, little); };
    const write = function (value, at = 0) { view(this)[`set${get}`](at, value, little); return at + size; };
    Buffer.prototype[`read${name}${order}`] = Buffer.prototype[`read${name.replace('UI', 'Ui')}${order}`] = read;
    Buffer.prototype[`write${name}${order}`] = Buffer.prototype[`write${name.replace('UI', 'Ui')}${order}`] = write;
  }
}
// Old code calls Buffer(...) without `new`.
const Callable = new Proxy(Buffer, { apply: (_, __, args) => (typeof args[0] === 'number' ? Buffer.alloc(args[0]) : Buffer.from(...args)) });
exports.default = { Buffer: Callable, kMaxLength: 2 ** 31, constants: { MAX_LENGTH: 2 ** 31 }, atob: (t) => atob(t), btoa: (t) => btoa(t) };
