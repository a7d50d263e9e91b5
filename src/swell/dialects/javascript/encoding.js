// TextEncoder and TextDecoder; the host does the work on whole texts.
(function (core) {
  'use strict';
  const encodeText = core.host(11, 1, 'encode'), decodeText = core.host(12, 1, 'decode');

  class TextEncoder {
    get encoding() { return 'utf-8'; }
    encode(text = '') { return new Uint8Array(encodeText(`${text}`.toWellFormed())); }
    encodeInto(text, target) {
      let read = 0, written = 0;
      for (const c of `${text}`) {
        const bytes = this.encode(c);
        if (written + bytes.length > target.length) break;
        target.set(bytes, written);
        written += bytes.length;
        read += c.length;
      }
      return { read, written };
    }
  }

  class TextDecoder {
    #label; #fatal; #keepMark; #rest = [];
    constructor(label = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
      this.#label = decodeText(new ArrayBuffer(0), `${label}`, false, true)[2];
      this.#fatal = !!fatal;
      this.#keepMark = !!ignoreBOM;
    }
    get encoding() { return this.#label; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#keepMark; }
    decode(input = new ArrayBuffer(0), { stream = false } = {}) {
      const view = input instanceof ArrayBuffer ? new Uint8Array(input) : new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
      let bytes = view;
      if (this.#rest.length) {
        bytes = new Uint8Array(this.#rest.length + view.length);
        bytes.set(this.#rest);
        bytes.set(view, this.#rest.length);
      }
      const [text, used] = decodeText(bytes, this.#label, this.#fatal, !stream);
      this.#rest = Array.from(bytes.subarray(used));
      return !this.#keepMark && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    }
  }
  return { TextEncoder, TextDecoder };
})
