// axios: requests, instances, interceptors, errors with responses.
const { send, Headers } = core.part('modules')(0, 'swell:fetch').default;

class AxiosError extends Error {
  constructor(message, code, config, request, response) {
    super(message);
    Object.assign(this, { name: 'AxiosError', code, config, request, response, status: response && response.status, isAxiosError: true });
  }
}
function interceptor() {
  const list = [];
  return { list, use: (good, bad) => list.push([good, bad]) - 1, eject: (n) => { list[n] = null; } };
}
function urlOf(config) {
  let url = config.url ?? '';
  if (config.baseURL && !/^[a-z][\w+.-]*:\/\//i.test(url)) url = url ? `${config.baseURL.replace(/\/+$/, '')}/${url.replace(/^\/+/, '')}` : config.baseURL;
  const params = config.params instanceof URLSearchParams ? `${config.params}` : Object.entries(config.params ?? {})
    .filter(([, value]) => value !== undefined && value !== null)
    .flatMap(([name, value]) => (Array.isArray(value) ? value.map((each) => [`${name}[]`, each]) : [[name, value]]))
    .map(([name, value]) => `${encodeURIComponent(name).replace(/%5B%5D/g, '[]')}=${encodeURIComponent(typeof value === 'object' ? JSON.stringify(value) : value)}`).join('&');
  return params ? url + (url.includes('?') ? '&' : '?') + params : url;
}
async function perform(config) {
  const headers = { accept: 'application/json, text/plain, */*' };
  for (const [name, value] of Object.entries(config.headers ?? {})) if (value !== undefined && value !== null && typeof value !== 'object') headers[name.toLowerCase()] = value;
  let body = config.data;
  if (body !== undefined && body !== null && typeof body === 'object' && !(body instanceof URLSearchParams) && !ArrayBuffer.isView(body) && typeof body.encode_ !== 'function') {
    body = /urlencoded/.test(headers['content-type'] ?? '') ? `${new URLSearchParams(Object.entries(body))}` : JSON.stringify(body);
    headers['content-type'] ??= 'application/json';
  } else if (typeof body === 'string') headers['content-type'] ??= 'application/x-www-form-urlencoded';
  if (config.auth) headers.authorization = `Basic ${btoa(`${config.auth.username}:${config.auth.password}`)}`;
  const request = { path: urlOf(config) };
  let got;
  const sent = send(`${config.method ?? 'get'}`.toUpperCase(), request.path, headers, body, config.maxRedirects !== 0);
  try {
    got = await (config.timeout ? Promise.race([sent, new Promise((_, no) => { setTimeout(() => no(new AxiosError(`timeout of ${config.timeout}ms exceeded`, 'ECONNABORTED', config, request)), config.timeout); })]) : sent);
  } catch (error) {
    if (error.isAxiosError) throw error;
    const code = /fetch failed: ([A-Z_]+)/.exec(error.message);
    throw new AxiosError(error.message, code ? code[1] : 'ERR_NETWORK', config, request);
  }
  const { Buffer } = core.part('modules')(0, 'buffer').default, bytes = Buffer.from(got.body);
  let data = config.responseType === 'arraybuffer' ? bytes : bytes.toString();
  if (typeof data === 'string' && config.responseType !== 'text') try { data = data ? JSON.parse(data) : data; } catch { /* not JSON: text */ }
  const all = {};
  for (const [name, value] of got.headers) { const key = name.toLowerCase(); if (key === 'set-cookie') (all[key] ??= []).push(value); else all[key] = value; }
  Object.defineProperty(all, 'get', { value: (name) => new Headers(got.headers).get(name), enumerable: false });
  const response = { data, status: got.status, statusText: got.reason, headers: all, config, request };
  const good = config.validateStatus === null ? true : (config.validateStatus ?? ((status) => status >= 200 && status < 300))(got.status);
  if (good) return response;
  throw new AxiosError(`Request failed with status code ${got.status}`, got.status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE', config, request, response);
}
function create(defaults = {}) {
  const own = { ...defaults, headers: { common: {}, ...defaults.headers } }, before = interceptor(), after = interceptor();
  const request = (first, second) => {
    const given = typeof first === 'string' ? { ...second, url: first } : { ...first };
    const config = { ...own, ...given, headers: { ...own.headers, ...own.headers.common, ...given.headers } };
    let chain = Promise.resolve(config);
    for (const pair of [...before.list].reverse()) if (pair) chain = chain.then(...pair);
    chain = chain.then(perform);
    for (const pair of after.list) if (pair) chain = chain.then(...pair);
    return chain;
  };
  const instance = (first, second) => request(first, second);
  for (const method of ['get', 'delete', 'head', 'options']) instance[method] = (url, config) => request({ ...config, url, method });
  for (const method of ['post', 'put', 'patch']) {
    instance[method] = (url, data, config) => request({ ...config, url, data, method });
    instance[`${method}Form`] = (url, data, config) => request({ ...config, url, data, method, headers: { 'content-type': 'application/x-www-form-urlencoded', ...config?.headers } });
  }
  return Object.assign(instance, { request, defaults: own, interceptors: { request: before, response: after }, create: (more) => create({ ...own, ...more }) });
}
const axios = create();
exports.default = Object.assign(axios, {
  default: axios, AxiosError, Axios: function () {}, isAxiosError: (error) => !!(error && error.isAxiosError),
  all: (list) => Promise.all(list), spread: (f) => (list) => f(...list), isCancel: () => false,
  CancelToken: { source: () => ({ token: {}, cancel() {} }) },
});
