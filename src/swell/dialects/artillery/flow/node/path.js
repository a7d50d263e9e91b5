// Paths with slashes.
const normalize = (path) => {
  const root = path.startsWith('/') ? '/' : '', parts = [];
  for (const part of path.split('/')) {
    if (part === '..' && parts.length && parts.at(-1) !== '..') parts.pop();
    else if (part === '..' ? !root : part && part !== '.') parts.push(part);
  }
  return (root + parts.join('/') + (path.endsWith('/') && parts.length ? '/' : '')) || '.';
};
const path = {
  sep: '/', delimiter: ':', normalize,
  join: (...parts) => normalize(parts.filter((part) => part !== '').join('/') || '.'),
  resolve: (...parts) => {
    let found = '';
    for (const part of [core.part('modules')(0, 'process').default.cwd(), ...parts]) if (part) found = part.startsWith('/') ? part : `${found}/${part}`;
    const all = normalize(found);
    return all.length > 1 && all.endsWith('/') ? all.slice(0, -1) : all;
  },
  isAbsolute: (name) => name.startsWith('/'),
  dirname: (name) => {
    const clean = name.replace(/(.)\/+$/, '$1'), at = clean.lastIndexOf('/');
    return at < 0 ? '.' : at === 0 ? '/' : clean.slice(0, at);
  },
  basename: (name, end = '') => {
    const base = name.replace(/\/+$/, '').split('/').pop();
    return end && base !== end && base.endsWith(end) ? base.slice(0, -end.length) : base;
  },
  extname: (name) => { const base = path.basename(name), at = base.lastIndexOf('.'); return at > 0 ? base.slice(at) : ''; },
  relative: (from, to) => {
    const a = path.resolve(from).split('/').filter(Boolean), b = path.resolve(to).split('/').filter(Boolean);
    let same = 0;
    while (same < a.length && same < b.length && a[same] === b[same]) same++;
    return [...a.slice(same).map(() => '..'), ...b.slice(same)].join('/');
  },
  parse: (name) => {
    const base = path.basename(name), ext = path.extname(name), dir = path.dirname(name);
    return { root: name.startsWith('/') ? '/' : '', dir: dir === '.' && !name.startsWith('.') ? '' : dir, base, ext, name: ext ? base.slice(0, -ext.length) : base };
  },
  format: (parts) => { const base = parts.base ?? `${parts.name ?? ''}${parts.ext ?? ''}`, dir = parts.dir ?? parts.root; return dir ? (dir.endsWith('/') ? dir + base : `${dir}/${base}`) : base; },
};
path.posix = path;
exports.default = path;
