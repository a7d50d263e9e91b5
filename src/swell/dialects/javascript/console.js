// console: what scripts print, formatted as k6 does. The host gets (level, text).
(function (core) {
  'use strict';
  const print = core.host(6, 1, 'console');
  const quote = JSON.stringify;
  const isKey = (key) => /^[A-Za-z_$][\w$]*$/.test(key);

  function nested(v, seen) {
    switch (typeof v) {
      case 'string': return quote(v);
      case 'function': return '[object Function]';
      case 'undefined': return 'null';
      case 'bigint': case 'symbol': case 'number': case 'boolean': return String(v);
    }
    if (v === null) return 'null';
    if (seen.includes(v)) return '[Circular]';
    if (v instanceof Error) return String(v);
    if (v instanceof Date) return quote(isNaN(v) ? 'Invalid Date' : v.toISOString());
    if (v instanceof RegExp) return String(v);
    if (v instanceof Promise) return '[object Promise]';
    const inner = [...seen, v];
    if (Array.isArray(v)) return v.length ? `[ ${v.map((x) => nested(x, inner)).join(', ')} ]` : '[]';
    if (v instanceof ArrayBuffer) return `ArrayBuffer { [${list(new Uint8Array(v))}], byteLength: ${v.byteLength} }`;
    if (ArrayBuffer.isView(v) && !(v instanceof DataView)) {
      const type = v.constructor.name;
      return v.length ? `${type}(${v.length}) [ ${list(v)} ]` : `${type}(0) []`;
    }
    if (v instanceof Map) return `Map(${v.size}) { ${[...v].map(([k, x]) => `${nested(k, inner)} => ${nested(x, inner)}`).join(', ')} }`;
    if (v instanceof Set) return `Set(${v.size}) { ${[...v].map((x) => nested(x, inner)).join(', ')} }`;
    if (typeof v.toJSON === 'function') return nested(v.toJSON(), inner);
    const keys = Object.keys(v);
    return keys.length ? `{ ${keys.map((key) => `${isKey(key) ? key : quote(key)}: ${nested(v[key], inner)}`).join(', ')} }` : '{}';
  }
  const list = (v) => Array.from(v.length > 100 ? v.subarray(0, 100) : v, String).join(', ') + (v.length > 100 ? ', ...' : '');
  const shown = (v) => (typeof v === 'string' ? v : v === undefined ? 'undefined' : v instanceof Date ? String(nested(v, [])).slice(1, -1) : nested(v, []));
  const format = (args) => args.map(shown).join(' ');

  const console = {};
  for (const [name, level] of [['log', 'info'], ['info', 'info'], ['debug', 'debug'], ['warn', 'warn'], ['error', 'error']]) {
    console[name] = { [name](...args) { print(level, format(args)); } }[name];
  }
  return { console, format };
})
