// k6-testing: assertions in the manner of Playwright. One that fails ends the test; a soft one marks it as failed, or
// throws if it is configured so. Assertions that retry are for browsers, which are not here.
'use strict';
const exec = () => core.part('modules')(0, 'k6/execution').default;

class AssertionError extends Error {
  get name() { return 'AssertionError'; }
}

function show(v, depth = 0) {
  if (typeof v === 'string') return JSON.stringify(v);
  if (typeof v === 'function') return `[Function ${v.name || 'anonymous'}]`;
  if (typeof v !== 'object' || v === null || v instanceof RegExp) return Object.is(v, -0) ? '-0' : String(v);
  if (v instanceof Error) return `[${v.name}: ${v.message}]`;
  if (v instanceof Date) return isNaN(v) ? 'Invalid Date' : v.toISOString();
  if (depth > 2) return Array.isArray(v) ? '[Array]' : '[Object]';
  const text = Array.isArray(v) ? `[${v.map((x) => show(x, depth + 1)).join(', ')}]` : `{${Object.keys(v).map((k) => `${k}: ${show(v[k], depth + 1)}`).join(', ')}}`;
  return text.length > 500 ? text.slice(0, 497) + '...' : text;
}

// By content; properties that are undefined count as missing.
function equal(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  if (a instanceof Date || b instanceof Date) return a instanceof Date && b instanceof Date && +a === +b;
  if (a instanceof RegExp || b instanceof RegExp) return `${a}` === `${b}`;
  if (a instanceof Set || a instanceof Map) return b instanceof a.constructor && a.size === b.size && equal([...a], [...b]);
  if (Array.isArray(a) && a.length !== b.length) return false;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => equal(a[key], b[key]));
}

const MATCHERS = {
  toBe: (v, wanted) => Object.is(v, wanted),
  toEqual: equal,
  toBeTruthy: (v) => !!v,
  toBeFalsy: (v) => !v,
  toBeNull: (v) => v === null,
  toBeUndefined: (v) => v === undefined,
  toBeDefined: (v) => v !== undefined,
  toBeNaN: (v) => Number.isNaN(v),
  toBeGreaterThan: (v, n) => v > n,
  toBeGreaterThanOrEqual: (v, n) => v >= n,
  toBeLessThan: (v, n) => v < n,
  toBeLessThanOrEqual: (v, n) => v <= n,
  toBeCloseTo: (v, n, digits = 2) => v === n || Math.abs(v - n) < 10 ** -digits / 2,
  toBeInstanceOf: (v, type) => v instanceof type,
  toHaveLength: (v, n) => (v?.length ?? v?.size) === n,
  toContain: (v, part) => (typeof v === 'string' ? v.includes(part) : [...v].some((x) => Object.is(x, part))),
  toContainEqual: (v, part) => [...v].some((x) => equal(x, part)),
  toMatch: (v, pattern) => (pattern instanceof RegExp ? pattern.test(v) : `${v}`.includes(pattern)),
  toHaveProperty(v, path, ...value) {
    for (const step of `${path}`.replace(/\[(\w+)\]/g, '.$1').split('.')) {
      if (v === null || v === undefined || !(step in Object(v))) return false;
      v = v[step];
    }
    return !value.length || equal(v, value[0]);
  },
};
const RETRYING = ['toBeChecked', 'toBeDisabled', 'toBeEditable', 'toBeEnabled', 'toBeHidden', 'toBeVisible', 'toBeInViewport', 'toBeEmpty', 'toBeFocused',
  'toBeAttached', 'toHaveAttribute', 'toHaveText', 'toContainText', 'toHaveTitle', 'toHaveURL', 'toHaveValue'];

class Expectation {
  #value; #message; #soft; #config; #negate;
  constructor(value, message, soft, config, negate = false) {
    this.#value = value; this.#message = message; this.#soft = soft; this.#config = config; this.#negate = negate;
  }
  get not() { return new Expectation(this.#value, this.#message, this.#soft, this.#config, !this.#negate); }
  // For the methods below only.
  static run(self, name, args) {
    if (!!MATCHERS[name](self.#value, ...args) !== self.#negate) return;
    const call = `expect(received)${self.#negate ? '.not' : ''}.${name}(${args.map((x) => show(x)).join(', ')})`;
    const text = `${self.#message ? `${self.#message}: ` : ''}${call} failed: received ${show(self.#value)}`;
    if (!self.#soft) exec().test.abort(text);
    else if (self.#config.softMode === 'throw') throw new AssertionError(text);
    else exec().test.fail(text);
  }
}
for (const name of Object.keys(MATCHERS)) Expectation.prototype[name] = function (...args) { Expectation.run(this, name, args); };
for (const name of RETRYING) Expectation.prototype[name] = () => { throw new Error(`${name}() is for pages of browsers, which are not supported`); };

function make(config) {
  const expect = (value, message) => new Expectation(value, message, false, config);
  expect.soft = (value, message) => new Expectation(value, message, true, config);
  expect.configure = (options) => make({ ...config, ...options });
  Object.defineProperty(expect, 'config', { get: () => ({ ...config }) });
  return expect;
}
exports.expect = make({ timeout: 5000, interval: 100, colorize: true, display: 'pretty', softMode: 'fail' });
exports.AssertionError = AssertionError;
