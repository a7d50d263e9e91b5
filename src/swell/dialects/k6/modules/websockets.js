// k6/websockets in the script: WebSocket and Blob. Events come one by one, each in a turn of the VU's event loop.
'use strict';
const { parse, stringify } = JSON;
const CONNECTING = 0, OPEN = 1, CLOSING = 2, CLOSED = 3;
const TYPES = ['open', 'message', 'error', 'close', 'ping', 'pong'];
const own = Object.defineProperty;
let last = 0;
if (host.warn) host.warn();

class WsError extends Error {
  constructor(message) { super(message); this.name = 'WebSocketError'; }
  error() { return this.message; }
  toString() { return this.message; }
}

const isBytes = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value);
const bytesOf = (value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(value.buffer, value.byteOffset, value.byteLength));

class Blob {
  #bytes;

  constructor(parts = [], options = {}) {
    if (parts === null || typeof parts !== 'object' || typeof parts[Symbol.iterator] !== 'function') throw new TypeError('a Blob is made of an array of parts');
    const pieces = [];
    let size = 0;
    for (const part of parts) {
      const piece = part instanceof Blob ? part.#bytes : isBytes(part) ? bytesOf(part) : new TextEncoder().encode(`${part}`);
      pieces.push(piece);
      size += piece.byteLength;
    }
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.byteLength;
    }
    this.#bytes = bytes;
    own(this, 'size', { value: size, enumerable: true });
    own(this, 'type', { value: `${options?.type ?? ''}`.toLowerCase(), enumerable: true });
  }

  async text() { return new TextDecoder().decode(this.#bytes); }
  async arrayBuffer() { return this.#bytes.slice().buffer; }
  async bytes() { return this.#bytes.slice(); }

  slice(start = 0, end = this.size, type = '') {
    return new Blob([this.#bytes.slice(start, end)], { type });
  }

  static bytesOf(blob) { return blob.#bytes; }
}
const bytesOfBlob = Blob.bytesOf;
delete Blob.bytesOf;

function names(protocols) {
  if (protocols === undefined || protocols === null || protocols === '') return [];
  const all = (Array.isArray(protocols) ? protocols : [protocols]).map(String);
  if (new Set(all).size !== all.length) throw new SyntaxError('a subprotocol is named twice');
  return all;
}

class WebSocket {
  #id;
  #url;
  #state = CONNECTING;
  #protocol = '';
  #binaryType = 'blob';
  #on = Object.create(null);
  #listeners = Object.create(null);
  #closing = null;

  constructor(url, protocols, params) {
    if (url === undefined) throw new TypeError('a WebSocket needs a URL');
    if (params !== undefined && params !== null && typeof params !== 'object') throw new TypeError('the parameters of a WebSocket must be an object');
    const wanted = names(protocols), wishes = params ? stringify(params) : null;
    this.#url = host.check(`${url}`.toWellFormed());
    this.#id = ++last;
    this.#live(`${url}`, wanted, wishes);
  }

  get url() { return this.#url; }
  get readyState() { return this.#state; }
  get protocol() { return this.#protocol; }
  get extensions() { return ''; }
  get bufferedAmount() { return host.buffered(this.#id); }
  get binaryType() { return this.#binaryType; }
  set binaryType(type) {
    if (type !== 'blob' && type !== 'arraybuffer') throw new TypeError(`binaryType is "blob" or "arraybuffer", not ${stringify(type)}`);
    this.#binaryType = type;
  }

  addEventListener(type, listener) {
    if (!TYPES.includes(type)) throw new Error(`a WebSocket has no event ${type}; it has ${TYPES.join(', ')}`);
    if (typeof listener !== 'function') throw new TypeError('addEventListener() needs a function');
    const all = (this.#listeners[type] ??= []);
    if (!all.includes(listener)) all.push(listener);
  }

  removeEventListener(type, listener) {
    const all = this.#listeners[type] ?? [], at = all.indexOf(listener);
    if (at >= 0) all.splice(at, 1);
  }

  send(data) {
    if (data === undefined) throw new TypeError('send() needs a text, an ArrayBuffer or a Blob');
    if (this.#state === CONNECTING) throw invalid('the WebSocket is not open yet: send from its open handler');
    if (this.#state !== OPEN) return;
    if (data instanceof Blob) data = bytesOfBlob(data);
    host.send(this.#id, isBytes(data) ? data : `${data}`);
  }

  ping() {
    if (this.#state !== OPEN) throw invalid('a ping needs an open WebSocket');
    host.ping(this.#id);
  }

  close(code, reason) {
    if (this.#state >= CLOSING) return;
    const number = code === undefined || code === null ? 1000 : Math.trunc(+code), text = reason === undefined ? '' : `${reason}`;
    if (this.#state === OPEN) host.close(this.#id, Number.isFinite(number) ? number : 0, text);
    else this.#closing = [1000, ''];
    this.#state = CLOSING;
  }

  async #live(url, protocols, params) {
    const [open, text] = parse(await host.open(this.#id, url, protocols, params));
    if (!open) {
      this.#state = CLOSED;
      this.#emit('error', { error: new WsError(text) });
      this.#emit('close', { code: 1006, reason: '', wasClean: false });
      return;
    }
    this.#protocol = text;
    if (this.#closing) host.close(this.#id, ...this.#closing);
    else {
      this.#state = OPEN;
      this.#emit('open', {});
    }
    while (this.#state !== CLOSED) this.#take(await host.next(this.#id));
  }

  #take(event) {
    if (typeof event !== 'string') {
      const data = this.#binaryType === 'arraybuffer' ? event : new Blob([event]);
      return this.#emit('message', { data, origin: this.#url });
    }
    const rest = event.slice(1);
    switch (event[0]) {
      case 'm': return this.#emit('message', { data: rest, origin: this.#url });
      case 'i': return this.#emit('ping', {});
      case 'o': return this.#emit('pong', {});
      case 'e': return this.#emit('error', { error: new WsError(rest) });
      default: {
        const [code, reason] = parse(rest);
        this.#state = CLOSED;
        return this.#emit('close', { code, reason, wasClean: code !== 1006 });
      }
    }
  }

  #emit(type, fields) {
    const event = { type, target: this, timestamp: Date.now(), ...fields };
    const handler = this.#on[type], listeners = [...(this.#listeners[type] ?? [])];
    if (type === 'error' && !handler && listeners.length === 0) host.unheard(`${this.#url}: ${event.error.message}`.toWellFormed());
    handler?.call(this, event);
    for (const listener of listeners) listener.call(this, event);
  }

  static {
    for (const type of TYPES) {
      own(this.prototype, `on${type}`, {
        get() { return this.#on[type] ?? null; },
        set(handler) { this.#on[type] = typeof handler === 'function' ? handler : null; },
        enumerable: true,
        configurable: true,
      });
    }
    for (const [name, value] of Object.entries({ CONNECTING, OPEN, CLOSING, CLOSED })) {
      own(this, name, { value, enumerable: true });
      own(this.prototype, name, { value, enumerable: true });
    }
  }
}

function invalid(message) {
  const error = new Error(message);
  error.name = 'InvalidStateError';
  return error;
}

exports.WebSocket = WebSocket;
exports.Blob = Blob;
