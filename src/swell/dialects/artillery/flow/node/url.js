// URLs, the new way and the old.
const parse = (text, query) => {
  const found = /^([a-zA-Z][\w+.-]*:)?(\/\/)?(?:([^@/?#]*)@)?([^/?#]*)?([^?#]*)(\?[^#]*)?(#.*)?$/.exec(`${text}`) ?? [];
  const [, protocol = null, slashes, auth = null, place = '', path = '', search = null, hash = null] = found;
  const host = slashes ? place : '', pathname = slashes ? path || (protocol ? '/' : '') : place + path;
  const port = /:(\d+)$/.exec(host);
  return {
    protocol, slashes: slashes ? true : null, auth, host: host || null, port: port ? port[1] : null,
    hostname: host ? host.replace(/:\d+$/, '') : null, hash, search,
    query: query ? core.part('modules')(0, 'querystring').default.parse(search ? search.slice(1) : '') : search ? search.slice(1) : null,
    pathname: pathname || null, path: `${pathname}${search ?? ''}` || null, href: `${text}`,
  };
};
const format = (parts) => {
  if (typeof parts === 'string' || parts.searchParams) return `${parts.href ?? parts}`;
  const query = parts.search ?? (parts.query && typeof parts.query === 'object' ? `?${core.part('modules')(0, 'querystring').default.stringify(parts.query)}` : '');
  const protocol = parts.protocol ? `${parts.protocol.replace(/:$/, '')}://` : '';
  const host = parts.host ?? (parts.hostname ? parts.hostname + (parts.port ? `:${parts.port}` : '') : '');
  return `${protocol}${parts.auth ? `${parts.auth}@` : ''}${host}${parts.pathname ?? ''}${query === '?' ? '' : query}${parts.hash ?? ''}`;
};
exports.default = {
  URL, URLSearchParams, parse, format, Url: function () {}, resolve: (from, to) => new URL(to, from).href,
  fileURLToPath: (url) => decodeURIComponent(`${url.href ?? url}`.replace(/^file:\/\//, '')), pathToFileURL: (path) => new URL(`file://${path}`),
};
