// http-instrumentation-tempo: requests carry the header of a trace of their own.
'use strict';
const http = core.part('modules')(0, 'k6/http').default;
const hex = (length) => Array.from({ length }, () => Math.floor(Math.random() * 16).toString(16)).join('');

const HEADERS = {
  w3c: (trace, sampled) => ['traceparent', `00-${trace}-${hex(16)}-0${+sampled}`],
  jaeger: (trace, sampled) => ['uber-trace-id', `${trace}:${hex(16)}:0:${+sampled}`],
};

// The functions of k6/http with more headers, which `_headers(url, params)` gives.
class Wrapped {
  #http = { ...http };
  _with(url, params) { return { ...params, headers: { ...params?.headers, ...this._headers(url, params) } }; }
  request(method, url, body, params) { return this.#http.request(method, url, body, this._with(url, params)); }
  asyncRequest(method, url, body, params) { return this.#http.asyncRequest(method, url, body, this._with(url, params)); }
  get(url, params) { return this.request('GET', url, null, params); }
  head(url, params) { return this.request('HEAD', url, null, params); }
  batch(requests) {
    const one = (r) => {
      if (typeof r === 'string') return ['GET', r, null, this._with(r)];
      if (Array.isArray(r)) return [r[0], r[1], r[2] ?? null, this._with(r[1], r[3])];
      return { ...r, params: this._with(r.url, r.params) };
    };
    if (Array.isArray(requests)) return this.#http.batch(requests.map(one));
    return this.#http.batch(Object.fromEntries(Object.entries(requests).map(([name, r]) => [name, one(r)])));
  }
}
for (const name of ['post', 'put', 'patch', 'del', 'options']) {
  const method = { del: 'DELETE' }[name] ?? name.toUpperCase();
  Wrapped.prototype[name] = function (url, body, params) { return this.request(method, url, body, params); };
}

class Client extends Wrapped {
  #make; #sampling;
  constructor(options = {}) { super(); this.configure(options); }
  configure({ propagator = 'w3c', sampling = 1 } = {}) {
    if (!HEADERS[propagator]) throw new Error(`the propagator must be w3c or jaeger, not ${propagator}`);
    this.#make = HEADERS[propagator];
    this.#sampling = sampling;
  }
  _headers() {
    const [name, value] = this.#make(hex(32), Math.random() < this.#sampling);
    return { [name]: value };
  }
}

exports.Wrapped = Wrapped;
exports.Client = Client;
// From now on the functions of k6/http themselves send headers.
exports.wrap = function wrap(client) {
  for (const name of ['request', 'asyncRequest', 'get', 'head', 'post', 'put', 'patch', 'del', 'options', 'batch']) http[name] = (...args) => client[name](...args);
};
exports.instrumentHTTP = (options) => exports.wrap(new Client(options));
