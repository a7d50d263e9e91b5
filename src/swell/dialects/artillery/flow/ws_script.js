// `context.ws` of a VU: what functions of processors use of Node's `ws`. Messages are fetched once somebody listens.
const module = (name) => { const all = core.part('modules')(0, name); return all.default ?? all; };
const { parse, stringify } = JSON;
const TELL = Symbol('tell'), EVENTS = ['open', 'message', 'error', 'close'];

function bytes(data) {
  if (typeof data === 'string') return data;
  if (data instanceof ArrayBuffer) return data;
  if (ArrayBuffer.isView(data)) return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  if (typeof data === 'number' || typeof data === 'boolean') return `${data}`;
  throw new TypeError(`context.ws.send() takes text or bytes, not ${data === null ? 'null' : typeof data}`);
}

exports.socketOf = (vu, variables) => {
  const about = host.about(vu);
  if (about === undefined) return undefined;
  const Emitter = module('events'), { Buffer } = module('buffer');
  const [url, protocol] = parse(about);
  const handlers = {};
  let listening = false;

  // In a fiber of nobody: what a listener throws is told, and what it changed goes to the VU.
  const tell = (name, ...args) => {
    try { socket[TELL](name, ...args); } catch (error) { host.uncaught(`${error}\n${(error && error.stack) || ''}`); }
    const changed = variables.flush();
    if (changed) host.store(vu, stringify(changed));
  };
  async function listen() {
    for (;;) {
      const data = await host.next(vu);
      if (data === undefined) break;
      tell('message', data);
    }
    listening = false;
    const [code, reason] = parse(host.ending(vu));
    tell('close', code, reason);
    host.through(vu);
  }
  const start = () => {
    if (listening) return;
    listening = true;
    listen();
  };

  class Socket extends Emitter {
    get readyState() { return host.state(vu); }
    get url() { return url; }
    get protocol() { return protocol; }
    get bufferedAmount() { return 0; }
    get extensions() { return ''; }
    get binaryType() { return 'nodebuffer'; }
    set binaryType(_) {}
    on(name, f) { super.on(name, f); if (name === 'message' || name === 'close') start(); return this; }
    prependListener(name, f) { super.prependListener(name, f); start(); return this; }
    send(data, options, done) {
      const callback = typeof options === 'function' ? options : done;
      const payload = bytes(data);
      let failed;
      // As in Node: what is sent after the end is lost, and only a callback is told.
      try { host.send(vu, payload); } catch (error) { failed = error; }
      if (typeof callback === 'function') callback(failed);
    }
    close(code, reason) { host.close(vu, code ?? 1000, `${reason ?? ''}`, false); }
    terminate() { host.close(vu, 1006, '', true); }
    ping(data, mask, done) { for (const each of [data, mask, done]) if (typeof each === 'function') each(); }
    pong(data, mask, done) { this.ping(data, mask, done); }
    pause() {}
    resume() {}
    addEventListener(name, f, options) {
      const call = (event) => {
        if (options && options.once) this.off(name, call);
        return typeof f === 'function' ? f.call(this, event) : f.handleEvent(event);
      };
      call.event = true;
      call.listener = f;
      this.on(name, call);
    }
    removeEventListener(name, f) { this.off(name, f); }
    [TELL](name, ...args) {
      const binary = name === 'message' && typeof args[0] !== 'string';
      const text = args[0], event = { type: name, target: this };
      if (name === 'message') {
        event.data = binary ? Buffer.from(text) : text;
        args = [Buffer.from(text), binary];
      } else if (name === 'close') {
        Object.assign(event, { code: args[0], reason: args[1], wasClean: args[0] !== 1006 });
        args = [args[0], Buffer.from(args[1])];
      }
      if (typeof handlers[name] === 'function') handlers[name].call(this, event);
      for (const f of [...((this._events ?? {})[name] ?? [])]) {
        if (f.event) f.call(this, event); else f.apply(this, args);
      }
    }
  }
  for (const [number, name] of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'].entries()) Socket[name] = Socket.prototype[name] = number;
  for (const name of EVENTS) {
    Object.defineProperty(Socket.prototype, `on${name}`, {
      configurable: true,
      get() { return handlers[name] ?? null; },
      set(f) { handlers[name] = f; if (f && (name === 'message' || name === 'close')) start(); },
    });
  }
  const socket = new Socket();
  return socket;
};
