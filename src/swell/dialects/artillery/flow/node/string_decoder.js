// StringDecoder.
const { Buffer } = core.part('modules')(0, 'buffer').default;
class StringDecoder {
  constructor(encoding = 'utf8') { this.encoding = encoding; this.decoder = /^utf-?8$/i.test(encoding) ? new TextDecoder() : null; }
  write(data) { return this.decoder ? this.decoder.decode(data, { stream: true }) : Buffer.from(data).toString(this.encoding); }
  end(data) { return (data ? this.write(data) : '') + (this.decoder ? this.decoder.decode() : ''); }
}
exports.default = { StringDecoder };
