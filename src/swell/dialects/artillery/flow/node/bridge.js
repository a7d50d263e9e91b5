// Between the fibers of VUs and the functions of a processor. Loaded before the processor, it also sets Node's globals.
// A VU's `context` lives here while the VU does; its variables live in Python and are fetched when they are read. What a
// function changed goes back when it is done, as one JSON text; '' says that nothing changed.
const { parse, stringify } = JSON;
const vus = new Map(), functions = new Map();
const AsyncFunction = (async () => {}).constructor;
const module = (name) => { const all = core.part('modules')(0, name); return all.default ?? all; };

// Variables: `cache` holds what was read or set since the last flush, `kept` values that JSON cannot carry.
function variablesOf(vu) {
  const cache = new Map(), kept = new Map();

  function read(name) {
    const seen = cache.get(name);
    if (seen) return seen.value;
    const raw = host.get(vu, name);
    if (raw === null) {
      const value = kept.get(name)?.value;
      return typeof value === 'function' ? value : undefined;
    }
    if (typeof raw !== 'string') return raw;
    const old = kept.get(name);
    if (raw[0] === 's') return old && old.text === stringify(raw.slice(1)) ? old.value : raw.slice(1);
    if (raw[0] === 'n') return null;
    const text = raw.slice(1);
    if (old && old.text === text) return old.value;
    const value = parse(text);
    cache.set(name, { value, text: stringify(value) });
    return value;
  }

  const names = () => {
    const all = new Set(parse(host.keys(vu)));
    for (const [name, entry] of cache) entry.value === undefined ? all.delete(name) : all.add(name);
    return [...all];
  };
  const proxy = new Proxy({}, {
    get: (_, name) => {
      if (typeof name !== 'string') return undefined;
      const value = read(name);
      return value === undefined && name === 'hasOwnProperty' ? Object.prototype.hasOwnProperty : value;
    },
    set: (_, name, value) => { if (typeof name === 'string') cache.set(name, { value, text: null }); return true; },
    has: (_, name) => typeof name === 'string' && read(name) !== undefined,
    deleteProperty: (_, name) => { cache.set(name, { value: undefined, text: null }); return true; },
    ownKeys: names,
    getOwnPropertyDescriptor: (_, name) => {
      const value = typeof name === 'string' ? read(name) : undefined;
      return value === undefined ? undefined : { value, writable: true, enumerable: true, configurable: true };
    },
    defineProperty: (_, name, d) => { cache.set(name, { value: d.value, text: null }); return true; },
  });

  function flush() {
    if (cache.size === 0) return null;
    let changed = null;
    for (const [name, entry] of cache) {
      const { value } = entry;
      if (value === undefined) {
        kept.delete(name);
        if (entry.text === null) ((changed ??= {}).$gone ??= []).push(name);
        continue;
      }
      if (entry.text === null && (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')) {
        (changed ??= {})[name] = value;
        continue;
      }
      if (typeof value === 'function') { kept.set(name, { value, text: '' }); continue; }
      const text = stringify(value);
      if (text !== entry.text) (changed ??= {})[name] = value;
      if (value !== null && typeof value === 'object') {
        const plain = Object.getPrototypeOf(value);
        if (plain !== Object.prototype && plain !== Array.prototype) kept.set(name, { value, text });
      }
    }
    cache.clear();
    return changed;
  }
  return { proxy, flush };
}

function userOf(vu) {
  let user = vus.get(vu);
  if (!user) {
    const variables = variablesOf(vu);
    const own = { _uid: host.uid(vu), funcs: {}, _jar: {} };
    let scenario, socket;
    const context = {
      get vars() { return variables.proxy; },
      set vars(given) {
        for (const name of Object.keys(variables.proxy)) if (!(name in given)) delete variables.proxy[name];
        Object.assign(variables.proxy, given);
      },
      get scenario() { return (scenario ??= parse(host.scenario(vu))); },
      get ws() { return (socket ??= module('swell:ws').socketOf(vu, variables)); },
      set ws(value) { socket = value; },
      get socketio() { return variables.proxy.$socketio; },
      set socketio(value) { variables.proxy.$socketio = value; },
      get extraHeaders() { return variables.proxy.$extraHeaders; },
      set extraHeaders(value) { variables.proxy.$extraHeaders = value; },
      ...own,
    };
    const number = (n) => (n === undefined || n === null || !isFinite(+n) ? 1 : +n);
    const events = {
      emit(kind, name, value) {
        if (kind === 'customStat' && name) host.emit(vu, 'histogram', `${name.stat}`, +name.value || 0);
        else if (kind === 'counter') host.emit(vu, kind, `${name}`, number(value));
        else if (kind === 'histogram' || kind === 'summary') host.emit(vu, 'histogram', `${name}`, +value || 0);
        else if (kind === 'rate') host.emit(vu, kind, `${name}`, 1);
        else if (kind === 'error') host.emit(vu, kind, `${(name && (name.code || name.message)) || name}`, 1);
        return true;
      },
      on() { return events; }, once() { return events; }, off() { return events; },
      addListener() { return events; }, removeListener() { return events; }, removeAllListeners() { return events; },
      listenerCount() { return 0; },
    };
    user = { context, events, variables };
    vus.set(vu, user);
  }
  return user;
}

// What hooks after a response get is worked out when they look at it: most look at a status, if at anything.
const CALL = Symbol('call');

// The request, as it was sent.
const requests = (() => {
  const whole = (target) => target[CALL] === undefined ? target : Object.assign(target, parse(host.request(target[CALL])), { [CALL]: undefined });
  const known = (keys) => keys.filter((key) => key !== CALL);
  return {
    get: (target, key) => whole(target)[key],
    set: (target, key, value) => { whole(target)[key] = value; return true; },
    has: (target, key) => key in whole(target),
    deleteProperty: (target, key) => delete whole(target)[key],
    ownKeys: (target) => known(Reflect.ownKeys(whole(target))),
    getOwnPropertyDescriptor: (target, key) => Reflect.getOwnPropertyDescriptor(whole(target), key),
    defineProperty: (target, key, descriptor) => Reflect.defineProperty(whole(target), key, descriptor),
  };
})();
const requestOf = (call) => new Proxy({ [CALL]: call }, requests);

// The response.
const LATE = {
  __proto__: null,
  headers: (response) => parse(host.headers(response[CALL])),
  body: (response) => host.body(response[CALL]),
  rawBody: (response) => module('buffer').Buffer.from(host.body(response[CALL])),
  statusMessage: (response) => host.reason(response[CALL]),
  // What hooks of Artillery 1 look at.
  request: (response) => {
    const uri = module('url').parse(response.url);
    return { uri: { ...uri, host: uri.hostname }, href: response.url, method: parse(host.request(response[CALL])).method };
  },
};
const responses = (() => {
  const there = (target, key) => {
    const late = LATE[key];
    if (late !== undefined && target[key] === LATE) target[key] = late(target);
    return target;
  };
  return {
    get: (target, key) => there(target, key)[key],
    ownKeys: (target) => Reflect.ownKeys(target).filter((key) => key !== CALL),
    getOwnPropertyDescriptor: (target, key) => Reflect.getOwnPropertyDescriptor(there(target, key), key),
  };
})();
function responseOf(call, status, url, time) {
  return new Proxy({
    statusCode: status, status, url, httpVersion: '1.1',
    timings: { phases: { firstByte: time, total: time }, start: 0 }, elapsedTime: time,
    headers: LATE, body: LATE, rawBody: LATE, request: LATE, statusMessage: LATE, [CALL]: call,
  }, responses);
}

function errorText(error) {
  if (error instanceof Error || (error && typeof error === 'object')) {
    return { e: `${error.code || error.message || stringify(error)}`, s: `${error.stack || ''}`, m: `${error.message || ''}` };
  }
  return { e: `${error}`, s: '', m: '' };
}

// Styles: 0 step, 1 beforeRequest, 2 afterResponse, 3 onError, 4 whileTrue, 5 ifTrue, 6 a call from a template,
// 7 a WebSocket's connect. One object for each call, and one closure, the callback: every call of every VU comes here.
function start(call, vu, style, name, text, url, status, time) {
  const user = userOf(vu), f = functions.get(name), { context, events } = user;
  const state = { call, user, style, request: undefined, before: '', returned: null, started: false, ended: false };
  const next = (error, answer) => (style === 4 ? finish(state, null, answer === undefined ? error : answer) : finish(state, error));
  let value, count = 3;
  try {
    switch (style) {
      case 0: value = f(context, events, next); break;
      case 1:
        // Ours is written as stringify writes; where it is not, the request counts as changed, no more.
        state.request = parse(state.before = text);
        value = f(state.request, context, events, next);
        count = 4;
        break;
      case 2: value = f(requestOf(call), responseOf(call, status, url, time), context, events, next); count = 5; break;
      case 3: {
        const error = Object.assign(new Error(url), { code: url }), request = parse(text);
        value = f(error, request, context, events, next);
        count = 5;
        break;
      }
      case 4: value = f(context, next); count = 2; break;
      case 5: value = f(user.variables.proxy); break;
      case 7:
        state.request = parse(state.before = text);
        value = f(state.request, context, next);
        break;
      default: value = f(...parse(text), context, events);
    }
    if (value && typeof value.then === 'function') {
      value.then(
        (answer) => finish(state, null, style > 3 && style < 7 ? answer : undefined),
        (error) => finish(state, error ?? new Error('rejected')),
      );
    } else if (style === 5 || style === 6) finish(state, null, value);
    // Declares no callback: over when it returns. Artillery would wait for ever.
    else if (!state.ended && f.length < count) finish(state, null, style === 4 ? value : undefined);
  } catch (error) {
    finish(state, error ?? new Error('thrown'));
  }
  state.started = true;
  return state.returned;
}

// A call is done, once; `error` fails the VU, `answer` is what a condition or a template wants.
function finish(state, error, answer) {
  if (state.ended) return;
  state.ended = true;
  const { style, request, before } = state;
  let result = null, after = '', out = '';
  const changed = state.user.variables.flush();
  if (changed) {
    result = {};
    if (changed.$gone) { result.d = changed.$gone; delete changed.$gone; }
    result.v = changed;
  }
  if (before !== '') {
    after = stringify(request);
    if (after === before) after = '';
  }
  if (error !== undefined && error !== null && error !== false) result = { ...result, ...errorText(error) };
  if (style > 3 && style < 7) (result ??= {}).b = answer;
  // A changed request alone goes as it is; beside something else as a text within it.
  if (after && result) result.r = after;
  else if (after) out = `r${after}`;
  try { if (result) out = stringify(result); } catch (e) { out = stringify(errorText(e)); }
  if (state.started) host.finished(state.call, out);
  else state.returned = out;
}

function take(all) {
  const found = {};
  const add = (object) => {
    if (object && (typeof object === 'object' || typeof object === 'function')) {
      for (const name of Object.keys(object)) {
        if (typeof object[name] === 'function') found[name] = object[name];
      }
    }
  };
  add(all.default);
  add(all);
  delete found.default;
  for (const [name, f] of Object.entries(found)) functions.set(name, f);
  return [...functions.keys()];
}

function globals() {
  const g = globalThis;
  const lazy = (name, get) => Object.defineProperty(g, name, {
    configurable: true, enumerable: false,
    get() { const value = get(); Object.defineProperty(g, name, { value, writable: true, configurable: true }); return value; },
    set(value) { Object.defineProperty(g, name, { value, writable: true, configurable: true }); },
  });
  lazy('Buffer', () => module('buffer').Buffer);
  lazy('process', () => module('process'));
  lazy('fetch', () => module('swell:fetch').fetch);
  for (const name of ['Headers', 'FormData', 'Blob', 'AbortController', 'AbortSignal', 'Response', 'Request']) {
    lazy(name, () => module('swell:fetch')[name]);
  }
  lazy('crypto', () => module('crypto').webcrypto);
  lazy('performance', () => module('perf_hooks').performance);
  lazy('setImmediate', () => (f, ...args) => setTimeout(f, 0, ...args));
  lazy('clearImmediate', () => clearTimeout);
  lazy('EventEmitter', () => module('events'));
  // Node's timers are objects.
  for (const name of ['setTimeout', 'setInterval']) {
    const real = g[name];
    g[name] = (f, delay, ...args) => {
      const guarded = (...given) => {
        try {
          const value = f(...given);
          if (value && typeof value.then === 'function') value.then(undefined, (error) => host.uncaught(`${error && error.stack || error}`));
        } catch (error) { host.uncaught(`${error}\n${(error && error.stack) || ''}`); }
      };
      const id = real(typeof f === 'function' ? guarded : f, delay, ...args);
      const timer = { ref: () => timer, unref: () => timer, hasRef: () => true, refresh: () => timer, [Symbol.toPrimitive]: () => id };
      return timer;
    };
  }
  for (const name of ['clearTimeout', 'clearInterval']) {
    const real = g[name];
    g[name] = (timer) => real(timer && typeof timer === 'object' ? +timer : timer);
  }
  g.artillery = {
    version: '2.0.34',
    testRunId: host.testId(),
    log: (...args) => console.log(...args),
    util: { template: (text, context) => parse(host.template(stringify(text) ?? 'null', stringify((context && context.vars) || {}))) },
    ext() {}, shutdown() {}, plugins: [], extensionEvents: [],
    get suggestedExitCode() { return undefined; },
    set suggestedExitCode(code) { host.exitCode(+code || 0); },
  };
}

exports.default = {
  start, take, globals,
  tick: () => undefined,
  release: (numbers) => { for (const number of parse(numbers)) vus.delete(number); },
};
