// k6chaijs: describe() is a group, each assertion of expect() a check. The interface is Chai's BDD one; a failed
// assertion throws, which ends the nearest describe(). Names of checks leave values out unless told otherwise.
'use strict';
const k6 = core.part('modules')(0, 'k6');
const config = { truncateMsgThreshold: 300, truncateVariableThreshold: 100, aggregateChecks: true, logFailures: false, includeStack: false };
const { keys, getPrototypeOf, getOwnPropertyDescriptor, hasOwn } = Object;
const kindOf = (v) => (v === null ? 'null' : typeof v === 'object' ? (typeof v[Symbol.toStringTag] === 'string' ? v[Symbol.toStringTag] : Object.prototype.toString.call(v).slice(8, -1)).toLowerCase() : typeof v);

class AssertionError extends Error {
  constructor(message, details = {}) { super(message); Object.assign(this, details); }
  get name() { return 'AssertionError'; }
}

// Values as text.
function show(v, depth = 0) {
  switch (typeof v) {
    case 'string': return `'${v.replace(/'/g, "\\'").replace(/\n/g, '\\n')}'`;
    case 'function': return v.name ? `[Function ${v.name}]` : '[Function]';
    case 'bigint': return `${v}n`;
    case 'object': break;
    default: return Object.is(v, -0) ? '-0' : String(v);
  }
  if (v === null) return 'null';
  if (v instanceof RegExp) return `${v}`;
  if (v instanceof Date) return isNaN(v) ? 'Invalid Date' : v.toISOString();
  if (v instanceof Error) return `[${v.name}: ${v.message}]`;
  const list = Array.isArray(v) || ArrayBuffer.isView(v);
  if (depth > 2) return list ? '[Array]' : '[Object]';
  const inner = (x) => show(x, depth + 1);
  if (v instanceof Set || v instanceof Map) return `${v.constructor.name}{ ${Array.from(v, inner).join(', ')} }`;
  if (list) return v.length ? `[ ${Array.from(v, inner).join(', ')} ]` : '[]';
  const pairs = keys(v).map((key) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : `'${key}'`}: ${inner(v[key])}`);
  return pairs.length ? `{ ${pairs.join(', ')} }` : '{}';
}
const cut = (text, most) => (text.length > most ? text.slice(0, most - 3) + '...' : text);
const brief = (v) => cut(show(v), config.truncateVariableThreshold);

function same(a, b, seen = []) {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || kindOf(a) !== kindOf(b)) return false;
  if (seen.some(([x, y]) => x === a && y === b)) return true;
  const deeper = [...seen, [a, b]], equal = (x, y) => same(x, y, deeper);
  if (a instanceof Date || a instanceof Number || a instanceof String || a instanceof Boolean) return Object.is(a.valueOf(), b.valueOf());
  if (a instanceof RegExp) return `${a}` === `${b}`;
  if (a instanceof Error || a instanceof Promise || a instanceof WeakMap) return false;
  if (a instanceof ArrayBuffer) return equal(new Uint8Array(a), new Uint8Array(b));
  if (a instanceof Set || a instanceof Map) {
    const left = [...b];
    return a.size === b.size && [...a].every((x) => { const i = left.findIndex((y) => equal(x, y)); return i >= 0 && left.splice(i, 1); });
  }
  const names = enumerable(a);
  return names.length === enumerable(b).length && (!Array.isArray(a) || a.length === b.length) && names.every((name) => name in b && equal(a[name], b[name]));
}
function enumerable(v) {
  const names = [];
  for (const name in v) names.push(name);
  return names;
}

const steps = (path) => [...`${path}`.matchAll(/\[(\d+)\]|((?:\\[.[\]]|[^.[\]])+)/g)].map(([, i, name]) => i ?? name.replace(/\\([.[\]])/g, '$1'));
// (whether there is such a property, its value)
function lookup(v, name, { nested, own }) {
  const path = nested ? steps(name) : [name];
  for (const [i, step] of path.entries()) {
    const there = v !== null && v !== undefined && (own && i === path.length - 1 ? hasOwn(Object(v), step) : step in Object(v));
    if (!there) return [false, undefined];
    v = v[step];
  }
  return [true, v];
}

class Assertion {
  constructor(object, message, flags = {}) { Object.defineProperty(this, '__flags', { value: { ...flags, object, message } }); }
  get _obj() { return this.__flags.object; }
  // `positive` and `negative` are messages with #{this}, #{exp} and #{act}; a plugin may give functions.
  assert(ok, positive, negative, expected, actual = this._obj) {
    const { negate, message, object } = this.__flags;
    const passed = !!ok !== !!negate, text = (t) => (typeof t === 'function' ? t() : `${t}`);
    const told = text((negate && negative) || positive);
    const fill = (about, act) => told.replace(/#\{(this|exp|act)\}/g, (_, what) => ({ this: about, exp: brief(expected), act })[what]);
    const name = config.aggregateChecks ? fill(message ?? '${this}', '${actual}') : (message ? `${message}: ` : '') + fill(brief(object), brief(actual));
    note(name, passed);
    if (passed) return;
    const full = (message ? `${message}: ` : '') + fill(brief(object), brief(actual));
    if (config.logFailures) console.warn(full);
    throw new AssertionError(full, { actual, expected, showDiff: false });
  }
  static addProperty(name, f) { property(name, f); }
  static addMethod(name, f) { method(name, f); }
  static addChainableMethod(name, f, chain) { chainable(name, f, chain); }
  static overwriteProperty(name, make) { property(name, make(getOwnPropertyDescriptor(Assertion.prototype, name)?.get ?? (() => {}))); }
  static overwriteMethod(name, make) { method(name, make(Assertion.prototype[name] ?? (() => {}))); }
}
const note = (name, holds) => k6.check(null, { [cut(name.replaceAll('::', ':'), config.truncateMsgThreshold)]: holds });

const proto = Assertion.prototype, define = (name, descriptor) => Object.defineProperty(proto, name, { configurable: true, ...descriptor });
const next = (self, made) => (made === undefined ? self : made);
function property(name, f) { define(name, { get() { return next(this, f.call(this)); } }); }
function method(name, f) { define(name, { value(...args) { return next(this, f.apply(this, args)); }, writable: true }); }
// A property that can be called as well: expect(x).to.be.a('string'), expect(x).to.include.members(...).
function chainable(name, f, chain = () => {}) {
  define(name, { get() {
    chain.call(this);
    const call = (...args) => next(this, f.apply(this, args));
    delete call.length;
    return Object.defineProperty(Object.setPrototypeOf(call, proto), '__flags', { value: this.__flags });
  } });
}
const also = (names, kind, ...rest) => { for (const name of names.split(' ')) kind(name, ...rest); };
const flag = (name) => function () { this.__flags[name] = true; };
const moved = (self, object, flags = {}) => new Assertion(object, self.__flags.message, { ...self.__flags, ...flags });
const flagsOf = (self) => self.__flags;

also('to be been is that which and has have with at of same but does still', property, () => {});
property('also', () => {});
property('not', flag('negate'));
property('deep', flag('deep'));
property('nested', flag('nested'));
property('own', flag('own'));
property('ordered', flag('ordered'));
property('itself', flag('itself'));
property('any', function () { flagsOf(this).any = true; flagsOf(this).all = false; });
property('all', function () { flagsOf(this).all = true; flagsOf(this).any = false; });

const is = (name, holds, text) => property(name, function () { this.assert(holds(this._obj), `expected #{this} to ${text}`, `expected #{this} to not ${text}`); });
is('ok', (v) => v, 'be truthy');
is('true', (v) => v === true, 'be true');
is('false', (v) => v === false, 'be false');
is('null', (v) => v === null, 'be null');
is('undefined', (v) => v === undefined, 'be undefined');
is('NaN', (v) => Number.isNaN(v), 'be NaN');
also('exist exists', is, (v) => v !== null && v !== undefined, 'exist');
also('arguments Arguments', is, (v) => kindOf(v) === 'arguments', 'be arguments');
is('extensible', (v) => Object.isExtensible(v), 'be extensible');
is('sealed', (v) => Object.isSealed(v), 'be sealed');
is('frozen', (v) => Object.isFrozen(v), 'be frozen');
is('finite', (v) => Number.isFinite(v), 'be a finite number');
is('numeric', (v) => typeof v === 'number' || typeof v === 'bigint', 'be numeric');
is('empty', (v) => {
  if (typeof v === 'string' || Array.isArray(v)) return v.length === 0;
  if (v instanceof Map || v instanceof Set) return v.size === 0;
  if (typeof v !== 'object' || v === null) throw new AssertionError(`.empty was asked of ${show(v)}, which is no collection`);
  return keys(v).length === 0;
}, 'be empty');

also('a an', chainable, function (type, message) {
  if (message) flagsOf(this).message = message;
  const article = /^[aeiou]/i.test(type) ? 'an' : 'a';
  this.assert(kindOf(this._obj) === `${type}`.toLowerCase(), `expected #{this} to be ${article} ${type}`, `expected #{this} not to be ${article} ${type}`);
});

const asked = (self, message) => { if (message !== undefined) flagsOf(self).message = message; return flagsOf(self); };
also('equal equals eq', method, function (value, message) {
  if (asked(this, message).deep) return this.eql(value);
  this.assert(this._obj === value, 'expected #{this} to equal #{exp}', 'expected #{this} to not equal #{exp}', value);
});
also('eql eqls', method, function (value, message) {
  asked(this, message);
  this.assert(same(value, this._obj), 'expected #{this} to deeply equal #{exp}', 'expected #{this} to not deeply equal #{exp}', value);
});

// Sizes: of the value, or of its length after .length or .lengthOf.
const measured = (self) => (flagsOf(self).length ? self._obj.length ?? self._obj.size : self._obj);
function compare(names, holds, text, negative) {
  also(names, method, function (n, message) {
    asked(this, message);
    const value = measured(this), about = flagsOf(this).length ? ' have a length' : ' be';
    this.assert(value !== undefined && value !== null && holds(value, n), `expected #{this} to${about} ${text} #{exp}`, `expected #{this} to${about} ${negative} #{exp}`, n, value);
  });
}
compare('above gt greaterThan', (v, n) => v > n, 'above', 'at most');
compare('least gte greaterThanOrEqual', (v, n) => v >= n, 'at least', 'below');
compare('below lt lessThan', (v, n) => v < n, 'below', 'at least');
compare('most lte lessThanOrEqual', (v, n) => v <= n, 'at most', 'above');
method('within', function (from, to, message) {
  asked(this, message);
  const value = measured(this), about = flagsOf(this).length ? 'have a length' : 'be';
  this.assert(value >= from && value <= to, `expected #{this} to ${about} within ${from}..${to}`, `expected #{this} to not ${about} within ${from}..${to}`, [from, to], value);
});
also('closeTo approximately', method, function (value, delta, message) {
  asked(this, message);
  this.assert(Math.abs(this._obj - value) <= delta, `expected #{this} to be close to ${value} +/- ${delta}`, `expected #{this} not to be close to ${value} +/- ${delta}`);
});

also('instanceof instanceOf', method, function (type, message) {
  asked(this, message);
  this.assert(this._obj instanceof type, `expected #{this} to be an instance of ${type.name}`, `expected #{this} to not be an instance of ${type.name}`);
});

method('property', function (...args) {
  const [name, value, message] = args, flags = asked(this, message);
  const [there, found] = lookup(this._obj, name, flags), match = flags.deep ? same : Object.is;
  const kind = `${flags.deep && args.length > 1 ? 'deep ' : ''}${flags.nested ? 'nested ' : ''}${flags.own ? 'own ' : ''}property`;
  if (args.length < 2) this.assert(there, `expected #{this} to have ${kind} ${show(name)}`, `expected #{this} to not have ${kind} ${show(name)}`);
  else this.assert(there && match(found, value), `expected #{this} to have ${kind} ${show(name)} of #{exp}`, `expected #{this} to not have ${kind} ${show(name)} of #{exp}`, value, found);
  return moved(this, found);
});
also('ownProperty haveOwnProperty', method, function (...args) { flagsOf(this).own = true; return this.property(...args); });
also('ownPropertyDescriptor haveOwnPropertyDescriptor', method, function (name, descriptor, message) {
  asked(this, message);
  const found = getOwnPropertyDescriptor(Object(this._obj), name);
  this.assert(found && (descriptor === undefined || same(descriptor, found)), `expected #{this} to have own property descriptor for ${show(name)}`, `expected #{this} to not have own property descriptor for ${show(name)}`);
  return moved(this, found);
});

also('length lengthOf', chainable, function (n, message) {
  asked(this, message);
  const size = this._obj?.length ?? this._obj?.size;
  this.assert(size === n, 'expected #{this} to have a length of #{exp} but got #{act}', 'expected #{this} to not have a length of #{exp}', n, size);
}, flag('length'));

also('match matches', method, function (pattern, message) {
  asked(this, message);
  this.assert(pattern.exec(this._obj), `expected #{this} to match ${pattern}`, `expected #{this} not to match ${pattern}`);
});
method('string', function (text, message) {
  asked(this, message);
  this.assert(typeof this._obj === 'string' && this._obj.includes(text), `expected #{this} to contain ${brief(text)}`, `expected #{this} to not contain ${brief(text)}`);
});

also('include includes contain contains', chainable, function (value, message) {
  const flags = asked(this, message), object = this._obj, match = flags.deep ? same : Object.is;
  let holds;
  if (typeof object === 'string') holds = object.includes(value);
  else if (Array.isArray(object) || object instanceof Set) holds = [...object].some((x) => match(x, value));
  else if (object instanceof Map) holds = [...object.values()].some((x) => match(x, value));
  else if (typeof object !== 'object' || object === null) holds = false;
  else holds = keys(value).every((name) => { const [there, found] = lookup(object, name, flags); return there && match(found, value[name]); });
  const how = flags.deep ? 'deep include' : 'include';
  this.assert(holds, `expected #{this} to ${how} #{exp}`, `expected #{this} to not ${how} #{exp}`, value);
}, flag('contains'));

also('keys key', method, function (first, ...rest) {
  const flags = flagsOf(this), object = this._obj;
  const wanted = Array.isArray(first) ? first : typeof first === 'object' && first !== null && !rest.length ? keys(first) : [first, ...rest];
  const actual = object instanceof Map || object instanceof Set ? [...object.keys()] : keys(Object(object)).concat(Object.getOwnPropertySymbols(Object(object)));
  const has = (name) => actual.some((found) => (flags.deep ? same(found, name) : found === name || found === `${String(name)}`));
  const holds = flags.any ? wanted.some(has) : wanted.every(has) && (flags.contains || wanted.length === actual.length);
  const names = wanted.map((name) => show(name)), listed = names.length > 1 ? `${names.slice(0, -1).join(', ')}, ${flags.any ? 'or' : 'and'} ${names.at(-1)}` : names[0];
  const text = `${flags.contains ? 'contain' : 'have'} key${names.length > 1 ? 's' : ''} ${listed}`;
  this.assert(holds, `expected #{this} to ${text}`, `expected #{this} to not ${text}`, wanted, actual);
});

method('members', function (wanted, message) {
  const flags = asked(this, message), actual = [...this._obj], match = flags.deep ? same : Object.is;
  let holds = flags.contains || actual.length === wanted.length;
  if (flags.ordered) holds &&= wanted.every((x, i) => i < actual.length && match(x, actual[i]));
  else {
    const left = [...actual];
    holds &&= wanted.every((x) => { const i = left.findIndex((y) => match(x, y)); if (i >= 0 && !flags.contains) left.splice(i, 1); return i >= 0; });
  }
  const text = flags.contains ? `be ${flags.ordered ? 'an ordered' : 'a'} superset of` : `have the same ${flags.ordered ? 'ordered ' : ''}members as`;
  this.assert(holds, `expected #{this} to ${text} #{exp}`, `expected #{this} to not ${text} #{exp}`, wanted);
});
method('oneOf', function (list, message) {
  const flags = asked(this, message), object = this._obj, match = flags.deep ? same : Object.is;
  const holds = flags.contains ? list.some((x) => object.includes(x)) : list.some((x) => match(x, object));
  const text = flags.contains ? 'contain one of' : flags.deep ? 'deeply equal one of' : 'be one of';
  this.assert(holds, `expected #{this} to ${text} #{exp}`, `expected #{this} to not ${text} #{exp}`, list);
});

also('throw throws Throw', method, function (type, pattern, message) {
  asked(this, message);
  if (type !== undefined && (type instanceof RegExp || typeof type === 'string')) [type, pattern] = [undefined, type];
  let thrown = false, error;
  try { this._obj(); } catch (e) { thrown = true; error = e; }
  let holds = thrown;
  if (thrown && type instanceof Error) holds = error === type;
  else if (thrown && typeof type === 'function') holds = error instanceof type;
  const text = `${error?.message ?? error}`;
  if (holds && pattern !== undefined && pattern !== null) holds = pattern instanceof RegExp ? pattern.test(text) : text.includes(pattern);
  const what = (type instanceof Error ? show(type) : type?.name ?? 'an error') + (pattern === undefined || pattern === null ? '' : ` ${pattern instanceof RegExp ? 'matching' : 'including'} ${show(pattern)}`);
  this.assert(holds, `expected #{this} to throw ${what}`, `expected #{this} to not throw ${what}`, type, error);
  return moved(this, error);
});
also('respondTo respondsTo', method, function (name, message) {
  const flags = asked(this, message), owner = typeof this._obj === 'function' && !flags.itself ? this._obj.prototype : this._obj;
  this.assert(typeof owner?.[name] === 'function', `expected #{this} to respond to ${show(name)}`, `expected #{this} to not respond to ${show(name)}`);
});
also('satisfy satisfies', method, function (f, message) {
  asked(this, message);
  this.assert(f(this._obj), `expected #{this} to satisfy ${show(f)}`, `expected #{this} to not satisfy ${show(f)}`);
});

// What a function changes, and by how much.
function changes(names, holds, verb) {
  also(names, method, function (target, name, message) {
    asked(this, message);
    const read = () => (name === undefined || name === null ? target() : target[name]), before = read();
    this._obj();
    const delta = read() - before, what = name === undefined || name === null ? 'its value' : `.${name}`;
    this.assert(holds(delta, Object.is(read(), before)), `expected ${what} to ${verb}`, `expected ${what} to not ${verb}`);
    Object.assign(flagsOf(this), { delta: Math.abs(delta) });
  });
}
changes('change changes', (_, unchanged) => !unchanged, 'change');
changes('increase increases', (delta) => delta > 0, 'increase');
changes('decrease decreases', (delta) => delta < 0, 'decrease');
method('by', function (n, message) {
  const { delta } = asked(this, message);
  this.assert(delta === n, `expected a change by ${n}`, `expected no change by ${n}`, n, delta);
});

method('validJsonBody', function () {
  let holds = true;
  try { this._obj.json(); } catch { holds = false; }
  this.assert(holds, 'has valid json body', 'has no valid json body');
});

// What a test threw, with the places in its own files.
function told(error) {
  const places = `${error.stack ?? ''}`.split('\n').filter((line) => line.trim() && !line.includes('(<'));
  return [`${error}`, ...places].join('\n');
}

// A group; true if nothing in it failed. What else its function throws is a failed check too.
function describe(name, run) {
  const failed = (error) => {
    if (error instanceof AssertionError) return false;
    console.error(`${name}: ${error instanceof Error ? told(error) : show(error)}`);
    note(`Exception raised "${error instanceof Error ? error.message : `${error}`}"`, false);
    return false;
  };
  let good = true;
  k6.group(name, () => {
    try {
      const given = run();
      if (given && typeof given.then === 'function') good = given.then(() => true, failed);
    } catch (error) { good = failed(error); }
  });
  return good;
}

const expect = (value, message) => new Assertion(value, message);
expect.fail = (message = 'expect.fail()') => { note(`${message}`, false); throw new AssertionError(`${message}`); };
const util = { flag: (self, name, ...value) => (value.length ? void (self.__flags[name] = value[0]) : self.__flags[name]), type: kindOf, eql: same, inspect: show, objDisplay: brief };
const used = new Set();
const chai = { expect, describe, config, Assertion, AssertionError, util, version: '4.3.4', use(plugin) {
  if (!used.has(plugin)) { used.add(plugin); plugin(chai, util); }
  return chai;
} };
exports.describe = describe;
exports.expect = expect;
exports.chai = chai;
exports.AssertionError = AssertionError;
exports.default = chai;
