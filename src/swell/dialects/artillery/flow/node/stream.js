// Streams, no more than their names and events.
const EventEmitter = core.part('modules')(0, 'events').default;
class Stream extends EventEmitter { pipe(target) { this.on('data', (d) => target.write(d)); this.on('end', () => target.end && target.end()); return target; } }
class Readable extends Stream {
  constructor(options) { super(); this.options = options; }
  static from(items) { const r = new Readable(); setTimeout(async () => { for await (const item of items) r.emit('data', item); r.emit('end'); }, 0); return r; }
  push(data) { setTimeout(() => (data === null ? this.emit('end') : this.emit('data', data)), 0); return true; }
}
class Writable extends Stream {
  constructor(options) { super(); this.options = options ?? {}; }
  write(data, encoding, done) { (this._write ?? this.options.write)?.call(this, data, encoding, done ?? (() => {})); return true; }
  end(data) { if (data !== undefined) this.write(data); setTimeout(() => this.emit('finish'), 0); }
}
class PassThrough extends Readable { write(data) { this.push(data); return true; } end(data) { if (data !== undefined) this.push(data); this.push(null); } }
exports.default = Object.assign(Stream, { Stream, Readable, Writable, Duplex: PassThrough, Transform: PassThrough, PassThrough });
