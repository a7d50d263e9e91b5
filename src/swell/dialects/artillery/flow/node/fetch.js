// fetch and what belongs to it, through the processor's own session.
const { Buffer } = core.part('modules')(0, 'buffer').default;

class Headers {
  #all = new Map();
  constructor(given) {
    if (!given) return;
    const pairs = given instanceof Headers ? given.entries() : Array.isArray(given) ? given : typeof given[Symbol.iterator] === 'function' ? given : Object.entries(given);
    for (const [name, value] of pairs) this.append(name, value);
  }
  append(name, value) { const key = `${name}`.toLowerCase(), old = this.#all.get(key); this.#all.set(key, old === undefined ? `${value}` : `${old}, ${value}`); }
  set(name, value) { this.#all.set(`${name}`.toLowerCase(), `${value}`); }
  get(name) { return this.#all.get(`${name}`.toLowerCase()) ?? null; }
  has(name) { return this.#all.has(`${name}`.toLowerCase()); }
  delete(name) { this.#all.delete(`${name}`.toLowerCase()); }
  forEach(f) { for (const [name, value] of this.#all) f(value, name, this); }
  entries() { return this.#all.entries(); }
  keys() { return this.#all.keys(); }
  values() { return this.#all.values(); }
  raw() { return Object.fromEntries([...this.#all].map(([name, value]) => [name, [value]])); }
  getSetCookie() { return this.cookies ?? []; }
  [Symbol.iterator]() { return this.#all.entries(); }
}

class Blob {
  constructor(parts = [], options = {}) {
    this.type = options.type ?? '';
    Object.defineProperty(this, 'bytes_', { value: Buffer.concat(parts.map((part) => (part instanceof Blob ? part.bytes_ : Buffer.from(part)))) });
    this.size = this.bytes_.length;
  }
  async text() { return this.bytes_.toString(); }
  async arrayBuffer() { return Uint8Array.from(this.bytes_).buffer; }
}

class FormData {
  #parts = [];
  append(name, value, filename) { this.#parts.push([`${name}`, value, filename]); }
  set(name, value, filename) { this.delete(name); this.append(name, value, filename); }
  delete(name) { this.#parts = this.#parts.filter(([each]) => each !== name); }
  get(name) { return this.#parts.find(([each]) => each === name)?.[1] ?? null; }
  has(name) { return this.#parts.some(([each]) => each === name); }
  entries() { return this.#parts.map(([name, value]) => [name, value])[Symbol.iterator](); }
  [Symbol.iterator]() { return this.entries(); }
  encode_() {
    const mark = `----swell${Math.random().toString(16).slice(2)}${Math.random().toString(16).slice(2)}`, pieces = [];
    for (const [name, value, filename] of this.#parts) {
      const isFile = value instanceof Blob || Buffer.isBuffer(value);
      const file = filename ?? (isFile ? 'blob' : null);
      pieces.push(`--${mark}\r\nContent-Disposition: form-data; name="${name}"${file ? `; filename="${file}"` : ''}\r\n${isFile ? `Content-Type: ${value.type || 'application/octet-stream'}\r\n` : ''}\r\n`);
      pieces.push(value instanceof Blob ? value.bytes_ : isFile ? value : `${value}`, '\r\n');
    }
    pieces.push(`--${mark}--\r\n`);
    return [Buffer.concat(pieces.map((piece) => Buffer.from(piece))), `multipart/form-data; boundary=${mark}`];
  }
}

class AbortSignal {
  constructor() { this.aborted = false; this.reason = undefined; this.listeners = []; }
  addEventListener(_, f) { this.listeners.push(f); }
  removeEventListener(_, f) { this.listeners = this.listeners.filter((each) => each !== f); }
  throwIfAborted() { if (this.aborted) throw this.reason; }
  static timeout(delay) { const control = new AbortController(); setTimeout(() => control.abort(new Error('The operation was aborted due to timeout')), delay); return control.signal; }
}
class AbortController {
  constructor() { this.signal = new AbortSignal(); }
  abort(reason) {
    if (this.signal.aborted) return;
    const error = reason ?? Object.assign(new Error('This operation was aborted'), { name: 'AbortError' });
    this.signal.aborted = true;
    this.signal.reason = error;
    for (const f of this.signal.listeners) f({ type: 'abort' });
    this.signal.onabort?.({ type: 'abort' });
  }
}

class Response {
  constructor(body, options = {}) {
    this.status = options.status ?? 200;
    this.statusText = options.statusText ?? '';
    this.headers = options.headers instanceof Headers ? options.headers : new Headers(options.headers);
    this.url = options.url ?? '';
    this.redirected = options.redirected ?? false;
    this.ok = this.status >= 200 && this.status < 300;
    this.type = 'default';
    this.bodyUsed = false;
    Object.defineProperty(this, 'bytes_', { value: Buffer.from(body ?? '') });
  }
  async text() { this.bodyUsed = true; return this.bytes_.toString(); }
  async json() { return JSON.parse(await this.text()); }
  async arrayBuffer() { return Uint8Array.from(this.bytes_).buffer; }
  async buffer() { return this.bytes_; }
  async blob() { return new Blob([this.bytes_], { type: this.headers.get('content-type') ?? '' }); }
  clone() { return new Response(this.bytes_, this); }
}
class Request { constructor(input, options = {}) { Object.assign(this, { method: 'GET', ...options, url: `${input.url ?? input}` }); } }

// The body as text or bytes, and the content type that goes with it.
function bodyOf(body) {
  if (body === undefined || body === null) return [null, null];
  if (typeof body === 'string') return [body, 'text/plain;charset=UTF-8'];
  if (body instanceof URLSearchParams) return [`${body}`, 'application/x-www-form-urlencoded;charset=UTF-8'];
  if (typeof body.encode_ === 'function') return body.encode_();
  if (body instanceof Blob) return [Uint8Array.from(body.bytes_), body.type || null];
  if (body instanceof ArrayBuffer) return [new Uint8Array(body), null];
  if (ArrayBuffer.isView(body)) return [Uint8Array.from(new Uint8Array(body.buffer, body.byteOffset, body.byteLength)), null];
  return [`${body}`, 'text/plain;charset=UTF-8'];
}

async function send(method, url, headers, body, follow) {
  const [data, type] = bodyOf(body), all = new Headers(headers);
  if (type && !all.has('content-type')) all.set('content-type', type);
  all.delete('content-length');
  const raw = data && typeof data !== 'string' ? Uint8Array.from(data) : data;
  return host.send(method, url, [...all], raw, follow);
}

async function fetch(input, options = {}) {
  const from = input instanceof Request ? input : {}, { signal } = options;
  if (signal && signal.aborted) throw signal.reason;
  const answer = send(`${options.method ?? from.method ?? 'GET'}`.toUpperCase(), `${input.url ?? input.href ?? input}`, options.headers ?? from.headers, options.body ?? from.body, options.redirect !== 'manual');
  const stopped = signal && new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const got = await (stopped ? Promise.race([answer, stopped]) : answer);
  const headers = new Headers(got.headers);
  headers.cookies = got.headers.filter(([name]) => name.toLowerCase() === 'set-cookie').map(([, value]) => value);
  return new Response(got.body, { status: got.status, statusText: got.reason, headers, url: got.url, redirected: got.redirected });
}
exports.default = { fetch, send, Headers, FormData, Blob, AbortController, AbortSignal, Response, Request };
