// jsonpath: query(), value(), paths() and nodes() of an object by a path such as $..book[?(@.price < 10)].title
'use strict';
const STEP = /(\.\.)?(?:\.?(\*|[\w$\u00a1-\uffff-]+)|\[((?:"(?:\\.|[^"])*"|'(?:\\.|[^'])*'|[^[\]"']|\[[^\]]*\])*)\])/gy;

function steps(path) {
  if (typeof path !== 'string' || !path) throw new Error('jsonpath: a path is needed');
  const found = [];
  STEP.lastIndex = path[0] === '$' ? 1 : 0;
  while (STEP.lastIndex < path.length) {
    const from = STEP.lastIndex, match = STEP.exec(path);
    if (!match || !match[0]) throw new Error(`jsonpath: cannot read ${path} from ${path.slice(from)}`);
    const [, deep, name, inside] = match;
    found.push({ deep: !!deep, select: name !== undefined ? (name === '*' ? every : named([name])) : brackets(inside.trim(), path) });
  }
  return found;
}

const childrenOf = (v) => (typeof v === 'object' && v !== null ? Object.keys(v).map((key) => (Array.isArray(v) ? +key : key)) : []);
const every = (v) => childrenOf(v);
const named = (names) => (v) => (typeof v === 'object' && v !== null ? names.filter((name) => Object.hasOwn(v, name)).map((name) => (Array.isArray(v) ? +name : name)) : []);

function brackets(text, path) {
  if (text === '*') return every;
  const filter = /^\?\s*\((.*)\)$/s.exec(text), script = /^\((.*)\)$/s.exec(text);
  if (filter) {
    const holds = expression(filter[1], path);
    return (v) => childrenOf(v).filter((key) => { try { return holds(v[key]); } catch { return false; } });
  }
  if (script) {
    const key = expression(script[1], path);
    return (v) => { try { return named([key(v)])(v); } catch { return []; } };
  }
  const slice = /^(-?\d+)?:(-?\d+)?(?::(-?\d+))?$/.exec(text);
  if (slice) return (v) => (Array.isArray(v) ? sliced(v.length, ...slice.slice(1)) : []);
  const parts = text.match(/"(?:\\.|[^"])*"|'(?:\\.|[^'])*'|[^,\s]+/g) ?? [];
  const names = parts.map((part) => (/^["']/.test(part) ? part.slice(1, -1).replace(/\\(.)/g, '$1') : /^-?\d+$/.test(part) ? +part : part));
  return (v) => named(names.map((name) => (typeof name === 'number' && name < 0 && Array.isArray(v) ? v.length + name : name)))(v);
}

// JavaScript with @ for the value, outside of texts.
function expression(text, path) {
  const code = text.replace(/"(?:\\.|[^"])*"|'(?:\\.|[^'])*'|@/g, (part) => (part === '@' ? '_' : part));
  try { return new Function('_', `return (${code});`); } catch { throw new Error(`jsonpath: cannot read ${text} in ${path}`); }
}

function sliced(length, from, to, by) {
  const step = by === undefined ? 1 : +by, at = (n, low, high) => Math.min(Math.max(n < 0 ? length + n : n, low), high), found = [];
  if (step > 0) for (let i = at(+(from ?? 0), 0, length), end = at(+(to ?? length), 0, length); i < end; i += step) found.push(i);
  if (step < 0) for (let i = from === undefined ? length - 1 : at(+from, -1, length - 1), end = to === undefined ? -1 : at(+to, -1, length - 1); i > end; i += step) found.push(i);
  return found;
}

function nodes(object, path, count = Infinity) {
  let found = [{ path: ['$'], value: object }];
  for (const { deep, select } of steps(path)) {
    if (deep) found = found.flatMap(below);
    found = found.flatMap((node) => select(node.value).map((key) => ({ path: [...node.path, key], value: node.value[key] })));
  }
  return found.slice(0, count);
}
const below = (node) => [node, ...childrenOf(node.value).flatMap((key) => below({ path: [...node.path, key], value: node.value[key] }))];

const stringify = (path) => path.map((step, i) => (i === 0 ? '$' : typeof step === 'number' ? `[${step}]` : /^[A-Za-z_]\w*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`)).join('');
function place(object, path) {
  const found = nodes(object, path, 1)[0];
  if (!found || found.path.length < 2) return null;
  return [found.path.slice(1, -1).reduce((v, key) => v[key], object), found.path.at(-1)];
}
const made = {
  nodes, stringify,
  query: (object, path, count) => nodes(object, path, count).map((node) => node.value),
  paths: (object, path, count) => nodes(object, path, count).map((node) => node.path),
  value(object, path, ...value) {
    const at = place(object, path);
    if (value.length && at) at[0][at[1]] = value[0];
    return nodes(object, path, 1)[0]?.value;
  },
  parent: (object, path) => place(object, path)?.[0],
  apply(object, path, change) {
    const found = nodes(object, path);
    for (const node of found) {
      node.value = change(node.value);
      node.path.slice(1, -1).reduce((v, key) => v[key], object)[node.path.at(-1)] = node.value;
    }
    return found;
  },
};
exports.default = made;
