// util: what processors print and wrap with.
const inspect = (value, options) => {
  const depth = (options && options.depth) ?? 2, seen = new Set();
  const show = (v, level) => {
    if (typeof v === 'string') return level ? `'${v}'` : v;
    if (typeof v === 'function') return `[Function: ${v.name || 'anonymous'}]`;
    if (v === null || typeof v !== 'object') return typeof v === 'bigint' ? `${v}n` : `${String(v)}`;
    if (v instanceof Error) return v.stack || `${v}`;
    if (v instanceof Date) return v.toISOString();
    if (v instanceof RegExp) return `${v}`;
    if (seen.has(v)) return '[Circular *1]';
    if (level > depth) return Array.isArray(v) ? '[Array]' : '[Object]';
    seen.add(v);
    const items = Array.isArray(v) ? v.map((each) => show(each, level + 1)) : Object.entries(v).map(([k, each]) => `${k}: ${show(each, level + 1)}`);
    seen.delete(v);
    if (!items.length) return Array.isArray(v) ? '[]' : '{}';
    return Array.isArray(v) ? `[ ${items.join(', ')} ]` : `{ ${items.join(', ')} }`;
  };
  return show(value, typeof value === 'string' ? 1 : 0);
};
const format = (first, ...rest) => {
  if (typeof first !== 'string') return [first, ...rest].map((v) => (typeof v === 'string' ? v : inspect(v))).join(' ');
  let text = first.replace(/%[sdifjoO%]/g, (mark) => {
    if (mark === '%%') return '%';
    if (!rest.length) return mark;
    const v = rest.shift();
    return mark === '%s' ? (typeof v === 'string' ? v : inspect(v)) : mark === '%d' ? `${Number(v)}` : mark === '%i' ? `${parseInt(v, 10)}` : mark === '%f' ? `${parseFloat(v)}` : mark === '%j' ? JSON.stringify(v) : inspect(v);
  });
  for (const v of rest) text += ` ${typeof v === 'string' ? v : inspect(v)}`;
  return text;
};
const promisify = (f) => f[promisify.custom] ?? function (...args) {
  return new Promise((resolve, reject) => f.call(this, ...args, (error, value) => (error ? reject(error) : resolve(value))));
};
promisify.custom = Symbol.for('nodejs.util.promisify.custom');
const equal = (a, b) => {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b || Array.isArray(a) !== Array.isArray(b)) return false;
  if (a instanceof Date && b instanceof Date) return +a === +b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && equal(a[key], b[key]));
};
const is = (tag) => (value) => Object.prototype.toString.call(value) === `[object ${tag}]`;
inspect.custom = Symbol.for('nodejs.util.inspect.custom');
exports.default = {
  inspect, format, promisify,
  callbackify: (f) => (...args) => { const done = args.pop(); f(...args).then((value) => done(null, value), (error) => done(error)); },
  inherits: (child, parent) => { Object.setPrototypeOf(child.prototype, parent.prototype); child.super_ = parent; },
  deprecate: (f) => f, debuglog: () => () => {}, isDeepStrictEqual: equal, isArray: Array.isArray, TextEncoder, TextDecoder,
  types: { isPromise: is('Promise'), isDate: is('Date'), isRegExp: is('RegExp'), isAsyncFunction: is('AsyncFunction'), isNativeError: is('Error') },
};
