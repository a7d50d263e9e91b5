// URL and URLSearchParams for the schemes that load tests meet. A host may offer them; k6 does not.
(function () {
  'use strict';
  const PORTS = { 'http:': '80', 'https:': '443', 'ws:': '80', 'wss:': '443', 'ftp:': '21' };
  const PARTS = /^([A-Za-z][\w+.-]*:)?(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#[\s\S]*)?$/;
  const escape = (text, keep) => encodeURI(text.toWellFormed()).replace(/%25/g, '%').replace(/%5B/g, '[').replace(/%5D/g, ']').replace(keep, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase());
  const form = (text) => encodeURIComponent(`${text}`.toWellFormed()).replace(/%20/g, '+').replace(/[!'()~]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase());
  const unform = (text) => {
    const plain = text.replace(/\+/g, ' ');
    try { return decodeURIComponent(plain); } catch { return plain.replace(/(%[0-9a-f]{2})+/gi, (part) => { try { return decodeURIComponent(part); } catch { return '\ufffd'; } }); }
  };

  class URLSearchParams {
    #pairs = []; #changed = null;
    constructor(init = '', changed = null) {
      if (typeof init === 'object' && init !== null) {
        const pairs = typeof init[Symbol.iterator] === 'function' ? [...init] : Object.entries(init);
        for (const pair of pairs) {
          const both = [...pair];
          if (both.length !== 2) throw new TypeError('each pair of URLSearchParams must have a name and a value');
          this.#pairs.push([`${both[0]}`, `${both[1]}`]);
        }
      } else this._parse(`${init}`);
      this.#changed = changed;
    }
    _parse(text) {
      this.#pairs = text.replace(/^\?/, '').split('&').filter((part) => part).map((part) => {
        const at = part.indexOf('=');
        return at < 0 ? [unform(part), ''] : [unform(part.slice(0, at)), unform(part.slice(at + 1))];
      });
    }
    #tell() { if (this.#changed) this.#changed(this.toString()); }
    get size() { return this.#pairs.length; }
    append(name, value) { this.#pairs.push([`${name}`, `${value}`]); this.#tell(); }
    delete(name, value) { this.#pairs = this.#pairs.filter(([n, v]) => n !== `${name}` || (value !== undefined && v !== `${value}`)); this.#tell(); }
    get(name) { const found = this.#pairs.find(([n]) => n === `${name}`); return found ? found[1] : null; }
    getAll(name) { return this.#pairs.filter(([n]) => n === `${name}`).map(([, v]) => v); }
    has(name, value) { return this.#pairs.some(([n, v]) => n === `${name}` && (value === undefined || v === `${value}`)); }
    set(name, value) {
      const at = this.#pairs.findIndex(([n]) => n === `${name}`);
      if (at < 0) return this.append(name, value);
      this.#pairs[at][1] = `${value}`;
      this.#pairs = this.#pairs.filter(([n], i) => i <= at || n !== `${name}`);
      this.#tell();
    }
    sort() { this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)); this.#tell(); }
    forEach(f, self) { for (const [name, value] of this.#pairs) f.call(self, value, name, this); }
    *entries() { for (const [name, value] of this.#pairs) yield [name, value]; }
    *keys() { for (const [name] of this.#pairs) yield name; }
    *values() { for (const [, value] of this.#pairs) yield value; }
    [Symbol.iterator]() { return this.entries(); }
    toString() { return this.#pairs.map(([name, value]) => `${form(name)}=${form(value)}`).join('&'); }
  }

  function resolvePath(path) {
    const out = [], steps = path.split('/');
    for (const [i, step] of steps.entries()) {
      const dots = step.replace(/%2e/gi, '.');
      if (dots === '..') { if (out.length > 1) out.pop(); if (i === steps.length - 1) out.push(''); }
      else if (dots === '.') { if (i === steps.length - 1) out.push(''); }
      else out.push(step);
    }
    return out.join('/');
  }

  class URL {
    #protocol = ''; #user = ''; #password = ''; #hostname = ''; #port = ''; #path = ''; #search = ''; #hash = ''; #slashes = false; #params;
    constructor(url, base) {
      const text = `${url}`.trim().replace(/[\t\n\r]/g, '');
      let [, protocol, authority, path, search, hash] = PARTS.exec(text);
      if (!protocol) {
        if (base === undefined) throw new TypeError(`Invalid URL: ${text}`);
        const from = new URL(base);
        protocol = from.protocol;
        if (authority === undefined) {
          authority = from.#authority();
          if (path === '') { path = from.pathname; search ??= from.search; }
          else if (!path.startsWith('/')) path = from.pathname.slice(0, from.pathname.lastIndexOf('/') + 1) + path;
        }
      }
      this.#protocol = protocol.toLowerCase();
      const special = this.#protocol in PORTS;
      if (special && authority === undefined) {
        [, authority, path] = /^\/*([^/]*)([\s\S]*)$/.exec(path);
      }
      this.#slashes = authority !== undefined;
      if (authority !== undefined) {
        const at = authority.lastIndexOf('@');
        if (at >= 0) {
          const [user, ...password] = authority.slice(0, at).split(':');
          this.#user = escape(user, /[/?#[\]@]/g);
          this.#password = escape(password.join(':'), /[/?#[\]@]/g);
        }
        this.host = authority.slice(at + 1);
        if (special && !this.#hostname) throw new TypeError(`Invalid URL: ${text}`);
      }
      this.#path = special ? resolvePath(escape(path.replace(/\\/g, '/') || '/', /[<>"`{}]/g)) : escape(path, /[<>"`]/g);
      this.search = search || '';
      this.hash = hash || '';
      this.#params = new URLSearchParams(this.#search, (query) => { this.#search = query ? '?' + query : ''; });
    }
    static canParse(url, base) { try { return !!new URL(url, base); } catch { return false; } }
    #authority() {
      const login = this.#user || this.#password ? this.#user + (this.#password ? ':' + this.#password : '') + '@' : '';
      return login + this.host;
    }
    get href() { return this.#protocol + (this.#slashes ? '//' + this.#authority() : '') + this.#path + this.#search + this.#hash; }
    get origin() { return this.#protocol in PORTS ? `${this.#protocol}//${this.host}` : 'null'; }
    get protocol() { return this.#protocol; }
    set protocol(v) { this.#protocol = `${v}`.replace(/:?$/, ':').toLowerCase(); this.port = this.#port; }
    get username() { return this.#user; }
    set username(v) { this.#user = escape(`${v}`, /[/?#[\]@:]/g); }
    get password() { return this.#password; }
    set password(v) { this.#password = escape(`${v}`, /[/?#[\]@:]/g); }
    get host() { return this.#hostname + (this.#port ? ':' + this.#port : ''); }
    set host(v) {
      const found = /^(\[[0-9a-fA-F:.]+\]|[^:]*)(?::(\d*))?$/.exec(`${v}`);
      if (!found || /[\s<>^|%#?\\]/.test(found[1]) || +found[2] > 65535) throw new TypeError(`Invalid URL: the host ${v}`);
      this.#hostname = found[1].toLowerCase();
      this.port = found[2] || '';
    }
    get hostname() { return this.#hostname; }
    set hostname(v) { const port = this.#port; this.host = v; this.#port = port; }
    get port() { return this.#port; }
    set port(v) { const port = `${v}` === '' ? '' : `${+v}`; this.#port = port === PORTS[this.#protocol] ? '' : port; }
    get pathname() { return this.#path; }
    set pathname(v) { this.#path = resolvePath(escape(`${v}`.replace(/^(?!\/)/, '/'), /[?#<>"`{}]/g)); }
    get search() { return this.#search; }
    set search(v) {
      const query = `${v}`.replace(/^\?/, '');
      this.#search = query ? '?' + escape(query, /[#<>"']/g) : '';
      if (this.#params) this.#params._parse(this.#search);
    }
    get hash() { return this.#hash; }
    set hash(v) { const text = `${v}`.replace(/^#/, ''); this.#hash = text ? '#' + escape(text, /[<>"`]/g) : ''; }
    get searchParams() { return this.#params; }
    toString() { return this.href; }
    toJSON() { return this.href; }
  }
  return { URL, URLSearchParams };
})
