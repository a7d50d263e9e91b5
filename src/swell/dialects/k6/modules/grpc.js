// k6/net/grpc in the script. Messages cross as JSON; a stream's events are asked for one after the other.
'use strict';
const { parse, stringify } = JSON;
let lastStream = 0;
const N = Symbol('swell.number');
const message = (request) => stringify(request ?? {}) ?? '{}';
const reply = (text) => parse(text);

class Client {
  constructor() { Object.defineProperty(this, N, { value: host.client() }); }
  load(importPaths, ...files) { return host.load(this[N], importPaths ?? [], ...files); }
  loadProtoset(path) { return host.loadProtoset(this[N], path); }
  connect(address, params) { return host.connect(this[N], address, params ?? {}); }
  close() { host.close(this[N]); }
  invoke(method, request, params) { return reply(host.invoke(this[N], `${method}`, message(request), params ?? {})); }
  asyncInvoke(method, request, params) { return host.later(this[N], `${method}`, message(request), params ?? {}).then(reply); }
  healthCheck(service, params) {
    if (typeof service === 'object' && service !== null) [service, params] = ['', service];
    return this.invoke('/grpc.health.v1.Health/Check', { service: service ?? '' }, params);
  }
}
Client.prototype.healthcheck = Client.prototype.healthCheck;

class Stream {
  #number = ++lastStream; #handlers = { data: [], error: [], end: [], metadata: [] };
  constructor(client, method, params) {
    if (!(client instanceof Client)) throw new TypeError('new Stream() needs a Client as its first argument');
    host.open(client[N], this.#number, `${method}`, params ?? {});
    this.#pump();
  }
  on(event, handler) {
    if (typeof handler !== 'function') throw new TypeError('on() needs a function');
    const handlers = this.#handlers[event];
    if (!handlers) throw new Error(`a stream has no event ${event}: there are data, error, end, metadata`);
    handlers.push(handler);
    return this;
  }
  write(request) { host.write(this.#number, message(request)); return this; }
  end() { host.end(this.#number); }
  async #pump() {
    for (;;) {
      const [name, value] = parse(await host.next(this.#number));
      for (const handler of this.#handlers[name]) handler(value);
      if (name === 'error') for (const handler of this.#handlers.end) handler();
      if (name === 'error' || name === 'end') return;
    }
  }
}

const made = { Client, Stream };
host.statuses.forEach((name, code) => { made[`Status${name}`] = code; });
exports.default = made;
