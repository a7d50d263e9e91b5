// The module k6/experimental/fs in the script: each File knows where it is; the content lies outside.
'use strict';
const SeekMode = Object.freeze({ Start: 0, Current: 1, End: 2 });

class File {
  #size;
  #at = 0;
  #name;
  constructor(path, name, size) {
    Object.defineProperty(this, 'path', { value: path, enumerable: true });
    this.#name = name;
    this.#size = size;
  }
  async stat() { return { name: this.#name, size: this.#size }; }
  async read(into) {
    if (!(into instanceof Uint8Array)) throw new TypeError('read() needs a Uint8Array to read into');
    if (into.length === 0) throw new TypeError('read() needs a Uint8Array that is not empty');
    const size = Math.min(into.length, this.#size - this.#at);
    if (size <= 0) return null;
    into.set(new Uint8Array(host.read(this.path, this.#at, size)));
    this.#at += size;
    return size;
  }
  async seek(offset, whence) {
    if (!Number.isInteger(offset)) throw new TypeError('seek() needs a whole number of bytes');
    const from = [0, this.#at, this.#size][whence];
    if (from === undefined) throw new TypeError('seek() needs a SeekMode: Start, Current or End');
    const at = from + offset;
    if (at < 0 || at > this.#size) throw new RangeError(`seek(): byte ${at} is outside of the file, which has ${this.#size}`);
    this.#at = at;
    return at;
  }
}

exports.open = async (path) => new File(...host.open(path));
exports.SeekMode = SeekMode;
