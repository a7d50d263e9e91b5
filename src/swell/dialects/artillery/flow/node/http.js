// http and https: requests of a client, their answers in one piece.
const EventEmitter = core.part('modules')(0, 'events').default, { Buffer } = core.part('modules')(0, 'buffer').default;
const { send } = core.part('modules')(0, 'swell:fetch').default;
const scheme = '$NAME';

class IncomingMessage extends EventEmitter {
  constructor(got) {
    super();
    this.statusCode = got.status;
    this.statusMessage = got.reason;
    this.httpVersion = '1.1';
    this.rawHeaders = got.headers.flat();
    this.headers = {};
    for (const [name, value] of got.headers) {
      const key = name.toLowerCase();
      if (key === 'set-cookie') (this.headers[key] ??= []).push(value);
      else this.headers[key] = key in this.headers ? `${this.headers[key]}, ${value}` : value;
    }
  }
  setEncoding(name) { this.encoding = name; return this; }
  resume() { return this; }
  destroy() {}
  pipe(target) { this.on('data', (data) => target.write(data)); this.on('end', () => target.end && target.end()); return target; }
  async *[Symbol.asyncIterator]() { yield this.content; }
}

class ClientRequest extends EventEmitter {
  constructor(url, options) { super(); this.url = url; this.options = options; this.pieces = []; this.headers = { ...options.headers }; }
  setHeader(name, value) { this.headers[name] = value; return this; }
  getHeader(name) { return this.headers[name]; }
  setTimeout(delay, f) { if (f) this.on('timeout', f); return this; }
  setNoDelay() { return this; }
  write(data) { this.pieces.push(Buffer.from(data)); return true; }
  destroy(error) { this.gone = true; if (error) setTimeout(() => this.emit('error', error), 0); return this; }
  abort() { return this.destroy(); }
  end(data, encoding, done) {
    if (typeof data === 'function') done = data;
    else if (data !== undefined && data !== null) this.write(data);
    if (typeof done === 'function') this.once('finish', done);
    const body = this.pieces.length ? Buffer.concat(this.pieces) : null;
    send(`${this.options.method ?? 'GET'}`.toUpperCase(), this.url, this.headers, body, false).then((got) => {
      if (this.gone) return;
      this.emit('finish');
      const message = new IncomingMessage(got);
      this.emit('response', message);
      setTimeout(() => {
        message.content = Buffer.from(got.body);
        if (message.content.length) message.emit('data', message.encoding ? message.content.toString(message.encoding) : message.content);
        message.complete = true;
        message.emit('end');
        message.emit('close');
      }, 0);
    }).catch((error) => {
      const code = /fetch failed: ([A-Z_]+)/.exec(error.message);
      if (code) error.code = code[1];
      setTimeout(() => this.emit('error', error), 0);
    });
    return this;
  }
}

function request(url, options, done) {
  if (typeof options === 'function') { done = options; options = {}; }
  let wishes = options ?? {}, target;
  if (typeof url === 'string' || url.href) target = `${url.href ?? url}`;
  else {
    wishes = { ...url, ...wishes };
    const place = wishes.hostname ?? wishes.host ?? 'localhost', port = wishes.port && !/:\d+$/.test(place) ? `:${wishes.port}` : '';
    target = `${(wishes.protocol ?? `${scheme}:`)}//${place}${port}${wishes.path ?? '/'}`;
  }
  if (wishes.auth) wishes = { ...wishes, headers: { ...wishes.headers, authorization: `Basic ${Buffer.from(wishes.auth).toString('base64')}` } };
  const made = new ClientRequest(target, wishes);
  if (done) made.once('response', done);
  return made;
}
class Agent { constructor(options = {}) { this.options = options; } destroy() {} }
exports.default = {
  request, get: (...args) => request(...args).end(), Agent, globalAgent: new Agent(), IncomingMessage, ClientRequest,
  METHODS: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'], STATUS_CODES: { 200: 'OK', 201: 'Created', 204: 'No Content', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 409: 'Conflict', 500: 'Internal Server Error' },
  createServer() { throw new Error(`${scheme}.createServer does not work in a processor`); },
};
