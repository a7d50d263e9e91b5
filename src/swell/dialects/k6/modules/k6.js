// The module k6 in the script. Whether checks hold is decided here; Python only counts.
'use strict';
const isAsync = (f) => Object.prototype.toString.call(f) === '[object AsyncFunction]';
const text = (tags) => {
  if (tags === undefined || tags === null) return null;
  const plain = {};
  for (const key of Object.keys(tags)) plain[key] = `${tags[key]}`;
  return JSON.stringify(plain);
};

const numbers = Object.create(null);
function count(name, holds, extra) {
  if (extra === null) host.check((numbers[name] ??= host.name(name) * 2) + holds);
  else host.checkTagged(name, holds === 1, extra);
}

exports.check = function check(value, sets, tags) {
  if (sets === undefined || sets === null || typeof sets !== 'object') throw new TypeError('check() needs an object of checks as its second argument');
  const extra = text(tags);
  let all = true;
  for (const name of Object.keys(sets)) {
    if (name.includes('::')) throw new Error(`the name of a check cannot contain "::": ${name}`);
    const wanted = sets[name];
    let holds = wanted;
    if (typeof wanted === 'function') {
      if (isAsync(wanted)) throw new TypeError(`the check ${JSON.stringify(name)} is an async function: await first, then check the value`);
      try { holds = wanted(value); } catch (error) { count(name, 0, extra); throw error; }
    }
    if (typeof holds === 'object' && holds instanceof Promise) throw new TypeError(`the check ${JSON.stringify(name)} gives a promise: await first, then check the value`);
    if (!holds) all = false;
    count(name, holds ? 1 : 0, extra);
  }
  return all;
};

exports.group = function group(name, run) {
  name = `${name ?? ''}`;
  if (name === '' || name.includes('::')) throw new Error(`${JSON.stringify(name)} is no name for a group: it must not be empty or contain "::"`);
  if (typeof run !== 'function') throw new TypeError('group() needs a function as its second argument');
  if (isAsync(run)) throw new TypeError('group() takes no async functions');
  const start = host.enter(name);
  try { return run(); } finally { host.leave(start); }
};

exports.sleep = function sleep(seconds) {
  seconds = +seconds;
  if (seconds > 0) host.sleep(seconds);
};

exports.fail = function fail(message) {
  throw new Error(message === undefined ? '' : `${message}`);
};

// xorshift128+ on two halves: repeatable, and nobody asks for more of a load test.
exports.randomSeed = function randomSeed(seed) {
  let a = (seed ^ 0x9e3779b9) >>> 0, b = (Math.imul(seed, 0x85ebca6b) ^ 0xc2b2ae35) >>> 0 || 1;
  Math.random = () => {
    let t = a;
    a = b;
    t ^= t << 23; t ^= t >>> 17; t ^= b ^ (b >>> 26);
    b = t >>> 0;
    return ((a + b) >>> 0) / 4294967296;
  };
  for (let i = 0; i < 16; i++) Math.random();
};
