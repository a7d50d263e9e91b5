// k6/ws in the script: handlers and timers of one WebSocket, run one after the other until it is closed.
'use strict';
const { parse, stringify } = JSON;
const EVENTS = ['open', 'message', 'binaryMessage', 'ping', 'pong', 'close', 'error'];
let last = 0;

// What error handlers get: k6 gives an object of Go, whose text is error().
class WsError extends Error {
  constructor(message) { super(message); this.name = 'WebSocketError'; }
  error() { return this.message; }
  toString() { return this.message; }
}

function callable(given, what) {
  if (typeof given !== 'function') throw new TypeError(`${what} needs a function`);
  return given;
}

class Socket {
  #id;
  #handlers = Object.create(null);
  #timers = [];
  #over = false;
  #order = 0;

  constructor(id) { this.#id = id; }

  on(event, handler) {
    if (!EVENTS.includes(event)) throw new Error(`a socket has no event ${event}; it has ${EVENTS.join(', ')}`);
    (this.#handlers[event] ??= []).push(callable(handler, `socket.on('${event}')`));
  }

  send(data) {
    if (data === undefined) throw new TypeError('socket.send() needs a text');
    if (!host.send(this.#id, `${data}`)) this.#refused();
  }

  sendBinary(data) {
    if (!(data instanceof ArrayBuffer || ArrayBuffer.isView(data))) throw new TypeError('socket.sendBinary() needs an ArrayBuffer; for text there is socket.send()');
    if (!host.send(this.#id, data)) this.#refused();
  }

  ping() { if (!host.ping(this.#id)) this.#refused(); }

  close(code) {
    const number = code === undefined || code === null ? 1001 : Math.trunc(+code);
    if (this.#over || !host.close(this.#id, Number.isFinite(number) ? number : 0)) return;
    this.#over = true;
    this.emit('close', number);
  }

  setTimeout(handler, delay) { this.#timer('setTimeout', handler, delay, false); }
  setInterval(handler, interval) { this.#timer('setInterval', handler, interval, true); }
  setLoop(handler, interval) { this.#timer('setLoop', handler, interval, true); }

  #timer(name, handler, delay, repeat) {
    callable(handler, `socket.${name}()`);
    const wait = +delay;
    if (!(wait > 0)) throw new RangeError(`socket.${name}() needs a time above 0 ms, not ${delay}`);
    this.#timers.push({ handler, due: host.now() + wait, every: repeat ? wait : 0, order: ++this.#order });
  }

  #refused() { this.emit('error', new WsError('websocket: close sent')); }

  emit(event, ...given) {
    for (const handler of this.#handlers[event] ?? []) handler(...given);
  }

  // Runs the timer that is due first, or tells how long there is none: milliseconds, below 0 for ever.
  #due() {
    const timers = this.#timers;
    if (timers.length === 0) return -1;
    let first = timers[0];
    for (const each of timers) if (each.due < first.due || (each.due === first.due && each.order < first.order)) first = each;
    const now = host.now();
    if (first.due > now) return first.due - now;
    if (first.every) {
      first.due = Math.max(first.due + first.every, now);
      first.order = ++this.#order;
    } else timers.splice(timers.indexOf(first), 1);
    first.handler();
    return null;
  }

  run() {
    this.emit('open', this);
    while (!this.#over) {
      const wait = this.#due();
      if (this.#over) return;
      const event = host.next(this.#id, wait === null ? 0 : wait);
      if (event !== null && event !== undefined) this.#take(event);
    }
  }

  #take(event) {
    if (typeof event !== 'string') return this.emit('binaryMessage', event);
    const rest = event.slice(1);
    switch (event[0]) {
      case 'm': return this.emit('message', rest);
      case 'i': return this.emit('ping');
      case 'o': return this.emit('pong');
      case 'e': return this.emit('error', new WsError(rest));
      default:
        this.#over = true;
        return this.emit('close', parse(rest)[0]);
    }
  }
}

function connect(url, params, callback) {
  if (callback === undefined && typeof params === 'function') [params, callback] = [null, params];
  callable(callback, 'ws.connect()');
  if (params !== undefined && params !== null && typeof params !== 'object') throw new TypeError('the parameters of ws.connect() must be an object');
  const id = ++last;
  const response = parse(host.open(id, `${url}`, params ? stringify(params) : null));
  const socket = new Socket(id);
  try {
    callback(socket);
    if (response.error) socket.emit('error', new WsError(response.error));
    else socket.run();
  } finally {
    host.leave(id);
  }
  return response;
}

exports.default = { connect };
