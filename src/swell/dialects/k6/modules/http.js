// k6/http in the script: requests become one host call each; a response is a number that Python knows the rest of.
// What a script does not look at is never made: fields are read once, when asked for, and then stay.
'use strict';
const { parse, stringify } = JSON, define = Object.defineProperty, I = Symbol('swell.response'), B = Symbol('swell.body');
const registry = new core.FinalizationRegistry(host.release);
const AFTER = { value: undefined, writable: true, enumerable: true, configurable: true };
let last = 0, live = [], most = 16;

// Small responses are let go of a few at a time, which is cheaper; large ones (told by 1000 more) as soon as they can.
function sweep() {
  const still = [];
  let gone = '';
  for (let i = 0; i < live.length; i += 2) {
    if (live[i + 1].deref() === undefined) gone += live[i] + ' ';
    else still.push(live[i], live[i + 1]);
  }
  live = still;
  most = 16 + 2 * still.length;
  if (gone !== '') host.releaseAll(gone.toWellFormed());
}

class Response {
  constructor(id, status) {
    this[I] = id;
    if (typeof status === 'string') {
      this[B] = status.slice(3);
      status = +status.slice(0, 3);
    }
    if (status < 1000) {
      this.status = status;
      if (live.push(id, new WeakRef(this)) > most) sweep();
    } else {
      this.status = status - 1000;
      registry.register(this, id);
    }
  }

  json(selector) {
    if (selector !== undefined && selector !== null) {
      if (this.body === null) throw new Error('the response has no body to read JSON from (responseType "none" or an empty answer?)');
      const found = host.select(this[I], `${selector}`);
      return found === null ? undefined : parse(found);
    }
    let known = this[J];
    if (known === undefined) {
      let text = this.body;
      if (text === null) throw new Error('the response has no body to read JSON from (responseType "none" or an empty answer?)');
      if (typeof text !== 'string') text = host.text(this[I]);
      try { known = parse(text); }
      catch (error) { throw new Error(`the response body is no valid JSON: ${host.where(this[I]) ?? error.message}`); }
      define(this, J, { value: known, writable: true });
    }
    return known;
  }

  html(selector) {
    let text = this.body;
    if (text === null) throw new Error('the response has no body to read HTML from (responseType "none" or an empty answer?)');
    if (typeof text !== 'string') text = host.text(this[I]);
    const root = html().parseHTML(text);
    root.url = this.url;
    return selector === undefined ? root : root.find(selector);
  }

  submitForm(options) { return html().submitForm(this, options ?? {}, request, host.join); }
  clickLink(options) { return html().clickLink(this, options ?? {}, request, host.join); }

  toJSON() {
    const all = { status: this.status };
    for (const name of FIELDS) all[name] = this[name];
    return all;
  }
}
const J = Symbol('swell.json');
const html = () => globalThis.$swell(0, 'k6/html').default;

// Fields by how they are read: alone, or together with the rest.
const READ = {
  body(id, response) {
    const known = response[B];
    if (known !== undefined) return known;
    const text = host.body(id);
    return text === false ? host.content(id) : text;
  },
  timings: (id) => parse(host.timings(id)),
  headers: (id) => parse(host.headers(id)),
};
const REST = ['status_text', 'proto', 'url', 'error', 'error_code', 'remote_ip', 'remote_port', 'cookies', 'request',
  'tls_version', 'tls_cipher_suite', 'ocsp'];
const FIELDS = [...Object.keys(READ), ...REST];
for (const name of FIELDS) {
  const read = READ[name];
  define(Response.prototype, name, {
    get() {
      if (!(I in this)) return undefined;
      if (read) {
        AFTER.value = read(this[I], this);
        define(this, name, AFTER);
        AFTER.value = undefined;
      } else {
        const rest = parse(host.rest(this[I]));
        for (const each of REST) if (!Object.hasOwn(this, each)) define(this, each, { ...AFTER, value: rest[each] });
      }
      return this[name];
    },
    set(value) { define(this, name, { ...AFTER, value }); },
    enumerable: true,
    configurable: true,
  });
}

class FileData {
  constructor(data, filename, contentType) {
    this.data = data;
    this.filename = filename;
    this.content_type = contentType;
  }
}

class CookieJar {
  constructor() { define(this, 'toJSON', { value: jarText(host.newJar()) }); }
  cookiesForURL(url) { return parse(host.jarCookies(this.toJSON().jar, where(url)[0])); }
  set(url, name, value, options) {
    return host.jarSet(this.toJSON().jar, where(url)[0], `${name}`, `${value}`, stringify(options ?? {}));
  }
  clear(url) { host.jarClear(this.toJSON().jar, where(url)[0], null); }
  delete(url, name) { host.jarClear(this.toJSON().jar, where(url)[0], `${name}`); }
}
const jarText = (jar) => { const shown = { jar }; return () => shown; };
const ownJar = Object.create(CookieJar.prototype);
define(ownJar, 'toJSON', { value: jarText(0) });

class ExpectedStatuses {
  constructor(statuses) { this.statuses = statuses; }
}

function expectedStatuses(...given) {
  if (!given.length) throw new Error('http.expectedStatuses() needs at least one status or {min, max}');
  return new ExpectedStatuses(given.map((each, i) => {
    if (Number.isInteger(each)) return [each, each];
    if (each !== null && typeof each === 'object' && Number.isInteger(each.min) && Number.isInteger(each.max)) return [each.min, each.max];
    throw new Error(`argument ${i + 1} of http.expectedStatuses() is neither a whole number nor an object {min, max} of whole numbers`);
  }));
}

function callback(given, place) {
  if (given !== null && !(given instanceof ExpectedStatuses)) throw new Error(`${place} takes what http.expectedStatuses() gives, or null`);
}

function where(url) {
  if (typeof url === 'string') return [url, null];
  if (url !== null && typeof url === 'object' && typeof url.url === 'string') return [url.url, url.name ?? null];
  if (url === undefined || url === null) throw new TypeError(`a request needs a URL, not ${url}`);
  return [`${url}`, null];
}

// The texts of a template literal with ${} where values stood: one name for URLs with changing parts.
function url(strings, ...values) {
  let whole = strings[0], name = strings[0];
  values.forEach((value, i) => {
    whole += value + strings[i + 1];
    name += '${}' + strings[i + 1];
  });
  return { url: whole, name, clean_url: whole, toString() { return this.url; } };
}

const isBytes = (v) => v instanceof ArrayBuffer || ArrayBuffer.isView(v);

// [kind, data] of a body: 0 none, 1 text, 2 a form as JSON, 3 bytes, 4 parts; kinds from 3 on need converting calls.
function content(body) {
  if (body === undefined || body === null) return [0, null];
  if (typeof body === 'string') return body.includes('\0') ? [3, body] : [1, body];
  if (typeof body !== 'object') return [1, `${body}`];
  if (isBytes(body)) return [3, body];
  if (body instanceof String) return content(body.valueOf());
  if (Array.isArray(body)) throw new TypeError('a request body is a string, an ArrayBuffer or an object with form fields, not an array; for JSON use JSON.stringify()');
  const keys = Object.keys(body);
  if (!keys.some((key) => body[key] instanceof FileData)) return [2, stringify(body)];
  return [4, keys.map((key) => {
    const v = body[key];
    return v instanceof FileData ? [key, v.data, v.filename, v.content_type] : [key, v];
  })];
}

function wishes(params) {
  if (params === undefined || params === null) return null;
  if (typeof params !== 'object') throw new TypeError('the parameters of a request must be an object');
  if (params.responseCallback !== undefined) callback(params.responseCallback, 'responseCallback');
  const { jar } = params;
  if (jar !== undefined && jar !== null && !(jar instanceof CookieJar)) throw new TypeError('params.jar must be a CookieJar');
  return stringify(params);
}

function order(method, to, body, params) {
  const [address, name] = where(to), [kind, data] = content(body);
  return [++last, method, address, name, kind, data, wishes(params)];
}

function request(method, to, body, params) {
  const all = order(`${method}`.toUpperCase(), to, body, params);
  return new Response(all[0], all[4] < 3 ? host.send(...all) : host.sendAny(...all));
}

function get(to, params) {
  if (params === undefined && typeof to === 'string') {
    const id = ++last;
    return new Response(id, host.get(id, to));
  }
  return request('GET', to, null, params);
}

function asyncRequest(method, to, body, params) {
  try {
    const all = order(`${method}`.toUpperCase(), to, body, params);
    return host.later(...all).then((status) => new Response(all[0], status));
  } catch (error) {
    return Promise.reject(error);
  }
}

function batchItem(item, key) {
  if (typeof item === 'string' || (item && typeof item.url === 'string' && 'clean_url' in item)) return order('GET', item, null, null);
  if (Array.isArray(item)) {
    if (item.length < 2) throw new Error(`request ${key} of the batch needs at least a method and a URL`);
    const method = `${item[0]}`.toUpperCase();
    return order(method, item[1], method === 'GET' || method === 'HEAD' ? null : item[2], item[3]);
  }
  if (item !== null && typeof item === 'object') {
    if (item.url === undefined) throw new Error(`request ${key} of the batch has no url`);
    return order(`${item.method ?? 'GET'}`.toUpperCase(), item.url, item.body, item.params);
  }
  throw new Error(`request ${key} of the batch is neither a URL nor an array nor an object`);
}

function batch(requests) {
  if (requests === null || typeof requests !== 'object') throw new Error('http.batch() takes an array or an object of requests');
  const keys = Object.keys(requests), orders = keys.map((key) => batchItem(requests[key], key));
  const statuses = orders.length ? host.batch(orders) : [];
  const responses = Array.isArray(requests) ? [] : {};
  keys.forEach((key, i) => { responses[key] = new Response(orders[i][0], statuses[i]); });
  return responses;
}

exports.default = {
  get,
  head: (to, params) => request('HEAD', to, null, params),
  post: (to, body, params) => request('POST', to, body, params),
  put: (to, body, params) => request('PUT', to, body, params),
  patch: (to, body, params) => request('PATCH', to, body, params),
  del: (to, body, params) => request('DELETE', to, body, params),
  options: (to, body, params) => request('OPTIONS', to, body, params),
  request,
  asyncRequest,
  batch,
  url,
  file: (data, filename, contentType) => {
    if (typeof data !== 'string' && !isBytes(data)) throw new TypeError('http.file() takes a string or an ArrayBuffer as data');
    return new FileData(data, filename === undefined ? host.stamp() : `${filename}`, contentType === undefined ? 'application/octet-stream' : `${contentType}`);
  },
  cookieJar: () => { host.usable(); return ownJar; },
  CookieJar,
  FileData,
  Response,
  expectedStatuses,
  setResponseCallback(given) {
    if (given === undefined) given = null;
    callback(given, 'http.setResponseCallback()');
    host.expect(given === null ? null : stringify(given.statuses));
  },
  ...host.constants,
};
