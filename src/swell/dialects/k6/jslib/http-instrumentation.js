// http-instrumentation-tempo: requests carry the header of a trace of their own.
'use strict';
const http = core.part('modules')(0, 'k6/http').default;
const hex = (length) => Array.from({ length }, () => Math.floor(Math.random() * 16).toString(16)).join('');

const HEADERS = {
  w3c: (trace, sampled) => ['traceparent', `00-${trace}-${hex(16)}-0${+sampled}`],
  jaeger: (trace, sampled) => ['uber-trace-id', `${trace}:${hex(16)}:0:${+sampled}`],
};

class Client {
  #make; #sampling; #http;
  constructor(options = {}, plain = { ...http }) { this.#http = plain; this.configure(options); }
  configure({ propagator = 'w3c', sampling = 1 } = {}) {
    if (!HEADERS[propagator]) throw new Error(`the propagator must be w3c or jaeger, not ${propagator}`);
    this.#make = HEADERS[propagator];
    this.#sampling = sampling;
  }
  #traced(params) {
    const [name, value] = this.#make(hex(32), Math.random() < this.#sampling);
    return { ...params, headers: { ...params?.headers, [name]: value } };
  }
  request(method, url, body, params) { return this.#http.request(method, url, body, this.#traced(params)); }
  asyncRequest(method, url, body, params) { return this.#http.asyncRequest(method, url, body, this.#traced(params)); }
  get(url, params) { return this.request('GET', url, null, params); }
  head(url, params) { return this.request('HEAD', url, null, params); }
  batch(requests) {
    const one = (r) => {
      if (typeof r === 'string') return ['GET', r, null, this.#traced()];
      if (Array.isArray(r)) return [r[0], r[1], r[2] ?? null, this.#traced(r[3])];
      return { ...r, params: this.#traced(r.params) };
    };
    if (Array.isArray(requests)) return this.#http.batch(requests.map(one));
    return this.#http.batch(Object.fromEntries(Object.entries(requests).map(([name, r]) => [name, one(r)])));
  }
}
for (const name of ['post', 'put', 'patch', 'del', 'options']) {
  const method = { del: 'DELETE' }[name] ?? name.toUpperCase();
  Client.prototype[name] = function (url, body, params) { return this.request(method, url, body, params); };
}

exports.Client = Client;
// From now on the functions of k6/http themselves send the header.
exports.instrumentHTTP = function instrumentHTTP(options) {
  const client = new Client(options);
  for (const name of ['request', 'asyncRequest', 'get', 'head', 'post', 'put', 'patch', 'del', 'options', 'batch']) http[name] = (...args) => client[name](...args);
};
