// FormData: a multipart body made in the script. Values are texts, ArrayBuffers, views and what http.file() gives.
'use strict';
const encoder = new TextEncoder();
const quoted = (text) => `${text}`.replace(/"/g, '%22').replace(/\r\n|\r|\n/g, '%0D%0A');

class FormData {
  constructor() {
    this.boundary = '----SwellFormBoundary';
    for (let i = 0; i < 16; i++) this.boundary += Math.floor(Math.random() * 36).toString(36);
    this.parts = [];
  }
  append(name, value, filename) {
    const part = { name: `${name}`, value, filename, type: undefined };
    if (typeof value === 'object' && value !== null && 'data' in value) {
      part.value = value.data;
      part.filename = filename ?? value.filename;
      part.type = value.content_type;
    }
    const binary = part.value instanceof ArrayBuffer || ArrayBuffer.isView(part.value);
    if (binary) part.filename ??= 'blob';
    if (part.filename !== undefined) part.type ??= 'application/octet-stream';
    part.value = binary ? part.value : `${part.value}`;
    this.parts.push(part);
  }
  contentType() { return `multipart/form-data; boundary=${this.boundary}`; }
  body() {
    const pieces = [];
    for (const { name, value, filename, type } of this.parts) {
      let head = `--${this.boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"`;
      if (filename !== undefined) head += `; filename="${quoted(filename)}"`;
      if (type !== undefined) head += `\r\nContent-Type: ${type}`;
      pieces.push(encoder.encode(head + '\r\n\r\n'), bytes(value), encoder.encode('\r\n'));
    }
    pieces.push(encoder.encode(`--${this.boundary}--\r\n`));
    const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) { whole.set(piece, at); at += piece.length; }
    return whole.buffer;
  }
}
function bytes(value) {
  if (typeof value === 'string') return encoder.encode(value);
  return value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}
exports.FormData = FormData;
