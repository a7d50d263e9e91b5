// Httpx: a session around k6/http with a base URL, headers, tags and options of its own.
'use strict';
const http = core.part('modules')(0, 'k6/http').default;

class Httpx {
  constructor({ baseURL = '', headers = {}, tags = {}, ...params } = {}) {
    Object.assign(this, { baseURL, headers: { ...headers }, tags: { ...tags }, params });
  }
  setBaseUrl(url) { this.baseURL = url; }
  addHeader(name, value) { this.headers[name] = value; }
  addHeaders(headers) { Object.assign(this.headers, headers); }
  clearHeader(name) { delete this.headers[name]; }
  addTag(name, value) { this.tags[name] = value; }
  addTags(tags) { Object.assign(this.tags, tags); }
  clearTag(name) { delete this.tags[name]; }
  url(url) { return typeof url === 'string' && !/^[a-z][a-z\d+.-]*:/i.test(url) ? this.baseURL + url : url; }
  merged(params) {
    return { ...this.params, ...params, headers: { ...this.headers, ...params?.headers }, tags: { ...this.tags, ...params?.tags } };
  }
  request(method, url, body = null, params = {}) { return http.request(method, this.url(url), body, this.merged(params)); }
  asyncRequest(method, url, body = null, params = {}) { return http.asyncRequest(method, this.url(url), body, this.merged(params)); }
  batch(requests, params = {}) {
    const one = (r) => [r.method, this.url(r.url), r.body ?? null, this.merged({ ...params, ...r.params })];
    if (Array.isArray(requests)) return http.batch(requests.map(one));
    return http.batch(Object.fromEntries(Object.entries(requests).map(([name, r]) => [name, one(r)])));
  }
}

class Request {
  constructor(method, url, body = null, params = {}) { Object.assign(this, { method, url, body, params }); }
}

exports.Httpx = Httpx;
exports.Request = Request;
for (const name of ['Get', 'Post', 'Put', 'Patch', 'Delete', 'Options', 'Head', 'Trace']) {
  const method = name.toUpperCase();
  Httpx.prototype[name.toLowerCase()] = function (url, body, params) { return this.request(method, url, body, params); };
  Httpx.prototype[`async${name}`] = function (url, body, params) { return this.asyncRequest(method, url, body, params); };
  exports[name] = class extends Request { constructor(url, body, params) { super(method, url, body, params); } };
}
Httpx.prototype.del = Httpx.prototype.delete;
