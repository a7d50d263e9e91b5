// What Python calls in a k6 script: iterations, setup and its kin, and the questions about exports and options.
// The globals __ENV, __VU and __ITER are made here, before the script's own code runs.
'use strict';
const { parse, stringify } = JSON, define = Object.defineProperty, globals = globalThis;

exports.begin = () => {
  // Most VUs never look at most of the environment: it is made when it is first asked for.
  define(globals, '__ENV', {
    configurable: true, enumerable: true,
    get() { const made = parse(host.env()); define(globals, '__ENV', { value: made, writable: true, configurable: true, enumerable: true }); return made; },
    set(value) { define(globals, '__ENV', { value, writable: true, configurable: true, enumerable: true }); },
  });
  // So is the global `crypto`, which webcrypto.js makes.
  define(globals, 'crypto', {
    configurable: true, enumerable: true,
    get() { const made = core.part('modules')(0, 'swell:k6/webcrypto').crypto; define(globals, 'crypto', { value: made, writable: true, configurable: true, enumerable: true }); return made; },
    set(value) { define(globals, 'crypto', { value, writable: true, configurable: true, enumerable: true }); },
  });
  globals.__VU = host.number();
  globals.__ITER = 0;
};

function problem(value, path, seen) {
  switch (typeof value) {
    case 'number': return Number.isFinite(value) ? null : `${path} is ${value}`;
    case 'function': return `${path} is a function`;
    case 'object': break;
    default: return null;
  }
  if (value === null || typeof value.toJSON === 'function') return null;
  if (seen.includes(value)) return `${path} contains itself`;
  for (const key of Object.keys(value)) {
    const found = problem(value[key], Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, [...seen, value]);
    if (found) return found;
  }
  return null;
}

exports.adopt = (namespace) => {
  // A CommonJS script comes as { default: module.exports, ... }.
  const whole = namespace.default;
  const script = typeof whole === 'object' && whole !== null ? whole : namespace;
  let data;
  return {
    iterate(name, number) {
      globals.__ITER = number;
      return script[name](data);
    },
    phase(name, json) {
      const result = script[name](json === null ? undefined : parse(json));
      const text = (value) => (value === undefined ? null : stringify(value) ?? null);
      if (name === 'handleSummary') return result;
      return result !== null && typeof result === 'object' && typeof result.then === 'function' ? result.then(text) : text(result);
    },
    prepare(json, env) {
      data = json === null ? undefined : parse(json);
      if (env !== null) Object.assign(globals.__ENV, parse(env));
    },
    names: () => Object.keys(script).filter((name) => typeof script[name] === 'function'),
    options() {
      const given = script.options;
      if (given === undefined || given === null) return null;
      const found = problem(given, 'options', []);
      if (found) throw new TypeError(`${found}: options must be plain data`);
      return stringify(given);
    },
  };
};
