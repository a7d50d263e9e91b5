// lodash: the functions that processors use.
const isObject = (v) => v !== null && (typeof v === 'object' || typeof v === 'function');
const isPlainObject = (v) => isObject(v) && (Object.getPrototypeOf(v) === Object.prototype || Object.getPrototypeOf(v) === null);
const pathOf = (path) => (Array.isArray(path) ? path.map((p) => p) : typeof path === 'string' ? (path.match(/[^.[\]]+/g) ?? []).map((p) => p.replace(/^(['"])(.*)\1$/, '$2')) : [path]);
const get = (object, path, other) => {
  if (isObject(object) && typeof path === 'string' && path in object) return object[path] === undefined ? other : object[path];
  let value = object;
  for (const part of pathOf(path)) { if (value === null || value === undefined) return other; value = value[part]; }
  return value === undefined ? other : value;
};
const set = (object, path, value) => {
  const parts = pathOf(path);
  let here = object;
  parts.forEach((part, i) => {
    if (part === '__proto__' || part === 'constructor') return;
    if (i === parts.length - 1) here[part] = value;
    else here = isObject(here[part]) ? here[part] : (here[part] = /^\d+$/.test(parts[i + 1]) ? [] : {});
  });
  return object;
};
const isEqual = (a, b) => core.part('modules')(0, 'util').default.isDeepStrictEqual(a, b);
const isMatch = (object, part) => isObject(object) && Object.entries(part).every(([key, value]) => (isPlainObject(value) ? isMatch(object[key], value) : isEqual(object[key], value)));
const it = (f) => {
  if (f === undefined || f === null) return (v) => v;
  if (typeof f === 'function') return f;
  if (Array.isArray(f)) return (v) => isEqual(get(v, f[0]), f[1]);
  return typeof f === 'object' ? (v) => isMatch(v, f) : (v) => get(v, f);
};
const values = (c) => (c === null || c === undefined ? [] : Array.isArray(c) ? c : typeof c === 'string' ? [...c] : Object.values(c));
const entries = (c) => (Array.isArray(c) ? c.map((v, i) => [v, i]) : Object.entries(c ?? {}).map(([k, v]) => [v, k]));
const random = (low = 1, high, float) => {
  if (typeof low === 'boolean') [low, high, float] = [0, 1, low];
  else if (typeof high === 'boolean') [low, high, float] = [0, low, high];
  else if (high === undefined) [low, high] = [0, low];
  if (low > high) [low, high] = [high, low];
  return float || low % 1 || high % 1 ? low + Math.random() * (high - low) : low + Math.floor(Math.random() * (high - low + 1));
};
const cloneDeep = (v) => {
  if (!isObject(v) || typeof v === 'function') return v;
  if (v instanceof Date) return new Date(v);
  if (v instanceof Map) return new Map([...v].map(([k, each]) => [cloneDeep(k), cloneDeep(each)]));
  if (v instanceof Set) return new Set([...v].map(cloneDeep));
  if (Array.isArray(v)) return v.map(cloneDeep);
  const copy = Object.create(Object.getPrototypeOf(v));
  for (const key of Object.keys(v)) copy[key] = cloneDeep(v[key]);
  return copy;
};
const merge = (target, ...sources) => {
  for (const source of sources) for (const [key, value] of Object.entries(source ?? {})) {
    if (key === '__proto__' || value === undefined) continue;
    if (isPlainObject(value) || Array.isArray(value)) target[key] = merge(isObject(target[key]) ? target[key] : Array.isArray(value) ? [] : {}, value);
    else target[key] = value;
  }
  return target;
};
const compare = (a, b) => (a === b ? 0 : a === undefined || a > b ? 1 : -1);
const orderBy = (c, fs = [(v) => v], orders = []) => {
  const by = [].concat(fs).map(it), down = [].concat(orders);
  return [...values(c)].sort((a, b) => { for (let i = 0; i < by.length; i++) { const d = compare(by[i](a), by[i](b)); if (d) return down[i] === 'desc' ? -d : d; } return 0; });
};
const shuffle = (c) => { const list = [...values(c)]; for (let i = list.length - 1; i > 0; i--) { const j = Math.floor(Math.random() * (i + 1)); [list[i], list[j]] = [list[j], list[i]]; } return list; };
const words = (text) => `${text ?? ''}`.match(/[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+/g) ?? [];
const upperFirst = (text) => { const s = `${text ?? ''}`; return s.charAt(0).toUpperCase() + s.slice(1); };
const capitalize = (text) => upperFirst(`${text ?? ''}`.toLowerCase());
const camelCase = (text) => words(text).map((w, i) => (i ? capitalize(w) : w.toLowerCase())).join('');
const uniqBy = (c, f) => { const seen = new Set(), key = it(f); return values(c).filter((v) => { const k = key(v); return seen.has(k) ? false : seen.add(k); }); };
const keyed = (c, f, put) => { const found = {}, key = it(f); for (const v of values(c)) put(found, key(v), v); return found; };
const flattenDeep = (list) => list.flat(Infinity);
const range = (from, to, step) => {
  if (to === undefined) [from, to] = [0, from];
  step ??= from < to ? 1 : -1;
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / (step || 1))) }, (_, i) => from + i * step);
};
const pad = (text, size, mark, left, right) => {
  const s = `${text ?? ''}`, missing = Math.max(0, size - s.length), before = left && right ? missing >> 1 : left ? missing : 0;
  return s.padStart(s.length + before, mark).padEnd(s.length + missing, mark);
};
const debounced = (f, wait) => { let timer; const g = (...args) => { clearTimeout(timer); timer = setTimeout(() => f(...args), wait); }; g.cancel = () => clearTimeout(timer); return g; };
const pickBy = (o, f = (v) => v) => Object.fromEntries(Object.entries(o ?? {}).filter(([k, v]) => f(v, k)));
const has = (o, path) => { let here = o; for (const part of pathOf(path)) { if (!isObject(here) || !(part in here)) return false; here = here[part]; } return true; };
const size = (c) => (c === null || c === undefined ? 0 : c.length ?? c.size ?? Object.keys(c).length);
const each = (c, f) => { for (const [v, k] of entries(c)) if (f(v, k, c) === false) break; return c; };
const rounded = (how) => (n, digits = 0) => { const by = 10 ** digits; return Math[how](n * by) / by; };

const _ = (value) => chain(value);
Object.assign(_, {
  get, set, has, random, cloneDeep, merge, isEqual, isMatch, orderBy, shuffle, range, isObject, isPlainObject, camelCase, capitalize, upperFirst, uniqBy, flattenDeep, size, values, each,
  forEach: each, result: get, property: (path) => (o) => get(o, path), toPath: pathOf,
  unset: (o, path) => { const parts = pathOf(path), last = parts.pop(), here = parts.length ? get(o, parts) : o; return isObject(here) ? delete here[last] : true; },
  update: (o, path, f) => set(o, path, f(get(o, path))),
  sample: (c) => { const list = values(c); return list[Math.floor(Math.random() * list.length)]; },
  sampleSize: (c, n = 1) => shuffle(c).slice(0, n),
  clone: (v) => (Array.isArray(v) ? [...v] : isPlainObject(v) ? { ...v } : v),
  assign: Object.assign, extend: Object.assign, defaults: (o, ...more) => { for (const m of more) for (const k of Object.keys(m ?? {})) if (o[k] === undefined) o[k] = m[k]; return o; },
  defaultsDeep: (o, ...more) => Object.assign(o, merge({}, ...[...more].reverse(), cloneDeep(o))), mergeWith: (o, s, f) => { for (const [k, v] of Object.entries(s)) { const m = f(o[k], v, k); o[k] = m === undefined ? (isPlainObject(v) && isPlainObject(o[k]) ? merge(o[k], v) : v) : m; } return o; },
  keys: (o) => Object.keys(o ?? {}), entries: (o) => Object.entries(o ?? {}), toPairs: (o) => Object.entries(o ?? {}), fromPairs: (list) => Object.fromEntries(list), invert: (o) => Object.fromEntries(Object.entries(o).map(([k, v]) => [v, k])),
  pick: (o, ...names) => { const found = {}; for (const n of names.flat(2)) if (has(o, n)) set(found, n, get(o, n)); return found; },
  omit: (o, ...names) => { const found = cloneDeep(o); for (const n of names.flat(2)) _.unset(found, n); return found; },
  pickBy, omitBy: (o, f) => pickBy(o, (v, k) => !f(v, k)), mapValues: (o, f) => Object.fromEntries(Object.entries(o ?? {}).map(([k, v]) => [k, it(f)(v, k)])), mapKeys: (o, f) => Object.fromEntries(Object.entries(o ?? {}).map(([k, v]) => [it(f)(v, k), v])),
  findKey: (o, f) => Object.keys(o ?? {}).find((k) => it(f)(o[k], k)), forOwn: each, forIn: each, has_: has, hasIn: has,
  map: (c, f) => entries(c).map(([v, k]) => it(f)(v, k, c)), filter: (c, f) => entries(c).filter(([v, k]) => it(f)(v, k, c)).map(([v]) => v), reject: (c, f) => entries(c).filter(([v, k]) => !it(f)(v, k, c)).map(([v]) => v),
  find: (c, f) => entries(c).find(([v, k]) => it(f)(v, k, c))?.[0], findLast: (c, f) => entries(c).reverse().find(([v, k]) => it(f)(v, k, c))?.[0], findIndex: (c, f) => values(c).findIndex((v, i) => it(f)(v, i)), findLastIndex: (c, f) => values(c).findLastIndex((v, i) => it(f)(v, i)),
  some: (c, f) => entries(c).some(([v, k]) => it(f)(v, k)), every: (c, f) => entries(c).every(([v, k]) => it(f)(v, k)), includes: (c, v) => (typeof c === 'string' ? c.includes(v) : values(c).includes(v)),
  reduce: (c, f, start) => { const all = entries(c); let i = 0, sum = start; if (sum === undefined) { sum = all[0]?.[0]; i = 1; } for (; i < all.length; i++) sum = f(sum, all[i][0], all[i][1]); return sum; },
  flatMap: (c, f) => entries(c).flatMap(([v, k]) => it(f)(v, k)), groupBy: (c, f) => keyed(c, f, (o, k, v) => (o[k] ??= []).push(v)), keyBy: (c, f) => keyed(c, f, (o, k, v) => { o[k] = v; }), countBy: (c, f) => keyed(c, f, (o, k) => { o[k] = (o[k] ?? 0) + 1; }),
  partition: (c, f) => { const yes = [], no = []; for (const v of values(c)) (it(f)(v) ? yes : no).push(v); return [yes, no]; }, sortBy: (c, ...fs) => orderBy(c, fs.length ? fs.flat() : undefined), invokeMap: (c, name, ...args) => values(c).map((v) => v[name](...args)),
  sum: (c) => values(c).reduce((s, v) => s + v, 0), sumBy: (c, f) => values(c).reduce((s, v) => s + it(f)(v), 0), mean: (c) => _.sum(c) / size(c), meanBy: (c, f) => _.sumBy(c, f) / size(c), max: (c) => orderBy(c).at(-1), min: (c) => orderBy(c)[0], maxBy: (c, f) => orderBy(c, [f]).at(-1), minBy: (c, f) => orderBy(c, [f])[0],
  head: (c) => values(c)[0], first: (c) => values(c)[0], last: (c) => values(c).at(-1), nth: (c, n = 0) => values(c).at(n), tail: (c) => values(c).slice(1), initial: (c) => values(c).slice(0, -1), take: (c, n = 1) => values(c).slice(0, n), takeRight: (c, n = 1) => (n ? values(c).slice(-n) : []), drop: (c, n = 1) => values(c).slice(n), dropRight: (c, n = 1) => values(c).slice(0, Math.max(0, size(c) - n)), slice: (c, a, b) => values(c).slice(a, b),
  chunk: (c, n = 1) => Array.from({ length: Math.ceil(size(c) / n) }, (_x, i) => values(c).slice(i * n, i * n + n)), compact: (c) => values(c).filter(Boolean), concat: (...lists) => [].concat(...lists), flatten: (c) => values(c).flat(), uniq: (c) => [...new Set(values(c))], union: (...lists) => [...new Set(lists.flat())],
  intersection: (first, ...rest) => [...new Set(first)].filter((v) => rest.every((list) => list.includes(v))), difference: (first, ...rest) => first.filter((v) => !rest.flat().includes(v)), without: (c, ...gone) => values(c).filter((v) => !gone.includes(v)), pull: (c, ...gone) => { for (let i = c.length; i--;) if (gone.includes(c[i])) c.splice(i, 1); return c; },
  remove: (c, f) => { const gone = []; for (let i = 0; i < c.length;) if (it(f)(c[i])) gone.push(...c.splice(i, 1)); else i++; return gone; }, zip: (...lists) => range(Math.max(0, ...lists.map(size))).map((i) => lists.map((l) => l[i])), zipObject: (names, vals = []) => Object.fromEntries(names.map((n, i) => [n, vals[i]])), fill: (c, v, a, b) => c.fill(v, a, b), reverse: (c) => c.reverse(), join: (c, mark = ',') => values(c).join(mark), indexOf: (c, v) => values(c).indexOf(v), sortedUniq: (c) => [...new Set(c)], times: (n, f = (i) => i) => Array.from({ length: n }, (_x, i) => f(i)),
  isArray: Array.isArray, isString: (v) => typeof v === 'string', isNumber: (v) => typeof v === 'number', isBoolean: (v) => typeof v === 'boolean', isFunction: (v) => typeof v === 'function', isNil: (v) => v === null || v === undefined, isNull: (v) => v === null, isUndefined: (v) => v === undefined, isDate: (v) => v instanceof Date, isRegExp: (v) => v instanceof RegExp, isError: (v) => v instanceof Error, isInteger: Number.isInteger, isFinite: Number.isFinite, isNaN: (v) => typeof v === 'number' && v !== v, isObjectLike: (v) => v !== null && typeof v === 'object', isEmpty: (v) => (isObject(v) || typeof v === 'string' ? size(v) === 0 : true),
  toString: (v) => (v === null || v === undefined ? '' : `${v}`), toNumber: Number, toInteger: (v) => Math.trunc(+v || 0), parseInt: (v, base) => parseInt(v, base), toArray: values, castArray: (v) => (Array.isArray(v) ? v : [v]), clamp: (n, a, b) => (b === undefined ? Math.min(n, a) : Math.min(Math.max(n, a), b)), inRange: (n, a, b) => (b === undefined ? n >= 0 && n < a : n >= a && n < b), round: rounded('round'), floor: rounded('floor'), ceil: rounded('ceil'), add: (a, b) => a + b, subtract: (a, b) => a - b, multiply: (a, b) => a * b, divide: (a, b) => a / b,
  kebabCase: (s) => words(s).map((w) => w.toLowerCase()).join('-'), snakeCase: (s) => words(s).map((w) => w.toLowerCase()).join('_'), startCase: (s) => words(s).map(upperFirst).join(' '), lowerCase: (s) => words(s).map((w) => w.toLowerCase()).join(' '), upperCase: (s) => words(s).map((w) => w.toUpperCase()).join(' '), lowerFirst: (s) => `${s}`.charAt(0).toLowerCase() + `${s}`.slice(1), toLower: (s) => `${s ?? ''}`.toLowerCase(), toUpper: (s) => `${s ?? ''}`.toUpperCase(), words, trim: (s, marks) => (marks ? `${s}`.replace(new RegExp(`^[${marks}]+|[${marks}]+$`, 'g'), '') : `${s ?? ''}`.trim()), trimStart: (s) => `${s}`.trimStart(), trimEnd: (s) => `${s}`.trimEnd(),
  pad: (s, n, m = ' ') => pad(s, n, m, true, true), padStart: (s, n, m = ' ') => pad(s, n, m, true, false), padEnd: (s, n, m = ' ') => pad(s, n, m, false, true), repeat: (s, n = 1) => `${s}`.repeat(n), replace: (s, a, b) => `${s}`.replace(a, b), split: (s, mark, n) => `${s}`.split(mark, n), startsWith: (s, t) => `${s}`.startsWith(t), endsWith: (s, t) => `${s}`.endsWith(t), truncate: (s, o = {}) => { const n = o.length ?? 30, end = o.omission ?? '...'; return `${s}`.length > n ? `${s}`.slice(0, n - end.length) + end : `${s}`; }, escape: (s) => `${s}`.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]),
  template: (s) => (data = {}) => `${s}`.replace(/<%[=-]\s*([\w.]+)\s*%>|\$\{\s*([\w.]+)\s*\}/g, (_m, a, b) => get(data, a ?? b) ?? ''),
  identity: (v) => v, constant: (v) => () => v, noop: () => {}, now: Date.now, once: (f) => { let done = false, v; return (...args) => (done ? v : ((done = true), (v = f(...args)))); }, partial: (f, ...first) => (...rest) => f(...first, ...rest), curry: (f) => { const take = (...a) => (a.length >= f.length ? f(...a) : (...b) => take(...a, ...b)); return take; }, flow: (...fs) => (v) => fs.flat().reduce((x, f) => f(x), v), memoize: (f, key = (v) => v) => { const seen = new Map(); return (...args) => { const k = key(...args); if (!seen.has(k)) seen.set(k, f(...args)); return seen.get(k); }; }, delay: (f, wait, ...args) => setTimeout(f, wait, ...args), defer: (f, ...args) => setTimeout(f, 1, ...args), debounce: debounced, throttle: (f, wait) => { let until = 0; return (...args) => { if (Date.now() >= until) { until = Date.now() + wait; return f(...args); } return undefined; }; }, uniqueId: (() => { let n = 0; return (mark = '') => `${mark}${++n}`; })(), attempt: (f, ...args) => { try { return f(...args); } catch (error) { return error; } }, matches: (part) => (o) => isMatch(o, part), iteratee: it, isArrayLike: (v) => v !== null && v !== undefined && typeof v.length === 'number', eq: Object.is, gt: (a, b) => a > b, lt: (a, b) => a < b, stubTrue: () => true, stubFalse: () => false, tap: (v, f) => { f(v); return v; }, thru: (v, f) => f(v), chain: (v) => chain(v),
});
const chain = (value) => new Proxy({}, { get: (_t, name) => (name === 'value' ? () => value : typeof _[name] === 'function' ? (...args) => chain(_[name](value, ...args)) : undefined) });
exports.default = _;
