// Runs a processor in Node for one worker of Swell: `node node_sidecar.cjs PROCESSOR TEST_ID IDLE_MS`.
//
// Protocol: one JSON object a line, on stdin from the worker, on stdout to it (node_sidecar_wire.py is the other side).
//   from the worker   {k: number, v: value}                 a large value that calls name by its number from now on
//                     {c: call, u: vu, t: style, f: name,   call a function (styles: see `run`)
//                      n: {uid, k}, s: {..}, k: {name: number}, d: [names], z: [vus], h: 1 (has a WebSocket),
//                      a: request or arguments, w: {status, url, time, reason, headers, body}}
//                     {p: 1}                                are you there?
//   to the worker     {ready: [names], node: version}  or  {failed: message, stack}
//                     {c: call, u: vu, v: {changed}, d: [deleted], r: request, b: answer, e: code, m: message, s: stack}
//                     {m: [vu, kind, name, value]}, {l: [level, text]}, {x: exit code}, {p: 1}
// `n` comes with a VU's first call: its identity, and its scenario as the number of a large value. `s`, `k` and `d` are
// the variables that the worker has set or deleted since; `z` are VUs that ended, which are forgotten here.
//
// A VU's `context` lives here as long as the VU. Its variables are kept here and in the worker; what a function changed
// goes back when it is done. What JSON cannot carry (functions, sockets, clients) stays here, for later functions of
// the same VU. Whatever the processor prints becomes a message, or goes to stderr; the end of stdin ends the process.
'use strict';
const fs = require('fs');
const util = require('util');
const { Readable, Writable } = require('stream');
const { performance } = require('perf_hooks');
const { pathToFileURL } = require('url');

const [, , file, testId, idle] = process.argv;
const input = process.stdin, exit = process.exit.bind(process), later = setImmediate;
const { parse, stringify } = JSON;

// Lines to the worker: gathered for a turn of the event loop, then written at once and to the end.

let lines = [];
function send(text) {
  lines.push(text);
  if (lines.length === 1) later(flush);
  else if (lines.length > 500) flush();
}

function flush() {
  if (!lines.length) return;
  let data = Buffer.from(`${lines.join('\n')}\n`);
  lines = [];
  while (data.length) {
    try {
      data = data.subarray(fs.writeSync(1, data));
    } catch (error) {
      if (error.code !== 'EAGAIN') exit(1); // nobody reads: the worker is gone
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

const say = (level, text) => send(stringify({ l: [level, text] }));

// What the processor prints. File descriptor 1 is the protocol's alone.

function printer(level) {
  let rest = '';
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _, done) {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop();
      for (const line of parts) say(level, line);
      done();
    },
  });
  process.on('exit', () => { if (rest) say(level, rest); });
  return Object.assign(stream, { isTTY: false, columns: 80, rows: 24, fd: level === 'error' ? 2 : 1 });
}
const printed = { stdout: printer('log'), stderr: printer('error') };
for (const [name, stream] of [...Object.entries(printed), ['stdin', Readable.from([])]]) {
  Object.defineProperty(process, name, { value: stream, configurable: true, enumerable: true, writable: true });
}
const ours = new console.Console({ stdout: printed.stdout, stderr: printed.stderr });
for (const name of Object.keys(ours)) if (typeof console[name] === 'function') console[name] = ours[name];
for (const [name, level] of [['log', 'log'], ['info', 'log'], ['debug', 'log'], ['warn', 'warn'], ['error', 'error']]) {
  console[name] = (...values) => say(level, util.format(...values));
}

// Virtual users.

const vus = new Map(), functions = new Map(), large = new Map();

// The variables of one VU. `known` has the JSON text of each variable that the worker has (null: not worked out yet),
// `touched` the names that functions may have changed since the last flush.
function variablesOf() {
  const values = {}, known = new Map(), touched = new Set();

  function put(name, value) {
    Object.defineProperty(values, name, { value, writable: true, enumerable: true, configurable: true });
  }
  function touch(name) {
    if (touched.has(name)) return;
    touched.add(name);
    if (known.get(name) === null) known.set(name, stringify(values[name]));
  }
  const vars = new Proxy(values, {
    get(_, name) {
      const value = values[name];
      if (value !== null && typeof value === 'object' && typeof name === 'string') touch(name);
      return value;
    },
    set(_, name, value) { if (typeof name === 'string') touch(name); put(name, value); return true; },
    defineProperty(_, name, d) { touch(name); return Reflect.defineProperty(values, name, { ...d, configurable: true }); },
    deleteProperty(_, name) { touch(name); return delete values[name]; },
  });

  return {
    vars,
    // What the worker has set and deleted.
    take({ s, k, d }) {
      for (const name in s) { put(name, s[name]); known.set(name, null); touched.delete(name); }
      for (const name in k) {
        const text = large.get(k[name]);
        // Parsed when it is read: most functions never look at it.
        Object.defineProperty(values, name, {
          configurable: true, enumerable: true,
          get() { const value = parse(text); put(name, value); return value; },
          set(value) { put(name, value); },
        });
        known.set(name, null);
        touched.delete(name);
      }
      for (const name of d || []) { delete values[name]; known.delete(name); touched.delete(name); }
    },
    // The changes as parts of a message. `last`: no other function of this VU still runs.
    changes(last) {
      const set = [], gone = [];
      for (const name of touched) {
        let text;
        try { text = Object.hasOwn(values, name) ? stringify(values[name]) : undefined; } catch { text = undefined; } // cyclic, BigInt
        if (text === undefined) {
          if (known.delete(name)) gone.push(name);
        } else if (known.get(name) !== text) {
          known.set(name, text);
          set.push(`${stringify(name)}:${text}`);
        }
      }
      if (last) touched.clear();
      return (set.length ? `,"v":{${set.join(',')}}` : '') + (gone.length ? `,"d":${stringify(gone)}` : '');
    },
  };
}

const number = (n) => (n === undefined || n === null || !isFinite(+n) ? 1 : +n);

function eventsOf(vu) {
  const measure = (kind, name, value) => send(stringify({ m: [vu, kind, `${name}`, value] }));
  const events = {
    emit(kind, name, value) {
      if (kind === 'customStat' && name) measure('histogram', name.stat, +name.value || 0);
      else if (kind === 'counter') measure(kind, name, number(value));
      else if (kind === 'histogram' || kind === 'summary') measure('histogram', name, +value || 0);
      else if (kind === 'rate') measure(kind, name, 1);
      else if (kind === 'error') measure(kind, (name && (name.code || name.message)) || name, 1);
      return true;
    },
    listenerCount: () => 0,
  };
  for (const name of ['on', 'once', 'off', 'addListener', 'removeListener', 'removeAllListeners']) events[name] = () => events;
  return events;
}

function userOf({ u, n }) {
  let user = vus.get(u);
  if (!user) {
    const variables = variablesOf();
    let scenario;
    const context = {
      get vars() { return variables.vars; },
      set vars(given) {
        for (const name of Object.keys(variables.vars)) if (!(name in given)) delete variables.vars[name];
        Object.assign(variables.vars, given);
      },
      get scenario() { return (scenario ??= parse(large.get(n.k))); },
      _uid: n.uid, funcs: {}, _jar: {},
    };
    user = { context, events: eventsOf(u), variables, running: 0, socket: 0 };
    Object.defineProperty(context, 'ws', {
      configurable: true,
      get() { if (user.socket) throw new Error('context.ws needs Swell\'s own engine: --processor-runtime embedded'); },
    });
    vus.set(u, user);
  }
  return user;
}

// Calls.

function errorText(error) {
  if (error === null || typeof error !== 'object') return { e: String(error), m: '', s: '' };
  let e = error.code || error.message;
  try { e ||= stringify(error); } catch { e = util.inspect(error); }
  return { e: `${e}`, m: `${error.message || ''}`, s: `${error.stack || ''}` };
}

function responseOf({ status, url, time, reason, headers, body }, request) {
  const lazy = (get) => ({ configurable: true, enumerable: true, get, set(value) { Object.defineProperty(this, 'request', { value, writable: true }); } });
  return Object.defineProperties({
    statusCode: status, status, statusMessage: reason, url, httpVersion: '1.1', headers, body,
    timings: { phases: { firstByte: time, total: time }, start: 0 }, elapsedTime: time,
  }, {
    rawBody: { configurable: true, get: () => Buffer.from(body) },
    // What hooks of Artillery 1 look at.
    request: lazy(() => {
      const { protocol, hostname, port, pathname, search, href } = new URL(url);
      const query = search ? search.slice(1) : null;
      const uri = { protocol, hostname, host: hostname, port: port || null, pathname, search: search || null, query, path: pathname + search, href };
      return { uri, href, method: request.method };
    }),
  });
}

// Bodies that JSON cannot carry as they are: bytes, and forms of the package form-data.
function sendable(request) {
  const { body } = request;
  if (body instanceof Uint8Array) return { ...request, body: Buffer.from(body) };
  if (!body || typeof body.getBuffer !== 'function' || typeof body.getHeaders !== 'function') return request;
  return { ...request, headers: { ...request.headers, ...body.getHeaders() }, body: body.getBuffer() };
}

// Styles: 0 step, 1 beforeRequest, 2 afterResponse, 3 onError, 4 whileTrue, 5 ifTrue, 6 a call from a template,
// 7 a WebSocket's connect. Functions may take a callback, return a promise, or both; one that declares no callback and
// returns nothing to wait for is over when it returns.
function run(message) {
  for (const vu of message.z || []) vus.delete(vu);
  const user = userOf(message), { context, events, variables } = user, { c: call, u: vu, t: style, a: request, w: sent } = message;
  variables.take(message);
  user.socket = message.h;
  const answers = style > 3 && style < 7, before = style === 1 || style === 7 ? stringify(request) : '';
  let ended = false;
  user.running += 1;
  begin(call, () => finish(`processor function ${message.f}: it never calls its callback`));

  // Done once; `error` fails the VU, `answer` is what a condition or a template wants.
  function finish(error, answer) {
    if (ended) return;
    ended = true;
    user.running -= 1;
    let text = `{"c":${call},"u":${vu}`;
    try {
      text += variables.changes(user.running === 0);
      const after = before && stringify(sendable(request));
      if (after !== before) text += `,"r":${after}`;
      if (answers && answer !== undefined) text += `,"b":${stringify(answer) ?? 'null'}`;
    } catch (problem) { error ??= problem; }
    if (error !== undefined && error !== null && error !== false) text += `,${stringify(errorText(error)).slice(1, -1)}`;
    send(`${text}}`);
    end(call);
  }

  const next = (error, answer) => (style === 4 ? finish(null, answer === undefined ? error : answer) : finish(error));
  try {
    let args;
    switch (style) {
      case 0: args = [context, events, next]; break;
      case 1: args = [request, context, events, next]; break;
      case 2: args = [request, responseOf(sent, request), context, events, next]; break;
      case 3: args = [Object.assign(new Error(sent.url), { code: sent.url }), request, context, events, next]; break;
      case 4: args = [context, next]; break;
      case 5: args = [context.vars]; break;
      case 7: args = [request, context, next]; break;
      default: args = [...request, context, events];
    }
    const f = functions.get(message.f), value = f(...args);
    if (value && typeof value.then === 'function') {
      value.then((answer) => finish(null, answers ? answer : undefined), (error) => finish(error ?? new Error('rejected')));
    } else if (style > 4 && style < 7) finish(null, value);
    else if (f.length < args.length) finish(null, style === 4 ? value : undefined);
  } catch (error) {
    finish(error ?? new Error('thrown'));
  }
}

// While calls wait, stdin does not keep Node alive: if nothing else does, they wait for something that only a call of
// another VU could bring. They get IDLE_MS for that.

const waiting = new Map();
function begin(call, fail) {
  if (!waiting.size) input.unref();
  waiting.set(call, { fail, since: performance.now() });
}
function end(call) {
  if (waiting.delete(call) && !waiting.size) input.ref();
}
process.on('beforeExit', () => {
  const now = performance.now();
  let next = Infinity;
  for (const { fail, since } of [...waiting.values()]) {
    if (now - since >= +idle) fail();
    else next = Math.min(next, since + +idle - now);
  }
  if (next < Infinity) setTimeout(() => {}, Math.ceil(next) + 1);
  flush();
});

// What processors find around them.

function template(text, context) {
  const vars = (context && context.vars) || {};
  const known = {
    $randomNumber: (low = 0, high = 100) => Math.floor(Math.random() * (+high - +low + 1)) + +low,
    $randomString: (size = 10) => Array.from({ length: +size }, () => Math.random().toString(36)[2] || '0').join(''),
  };
  const valueOf = (expression) => {
    const called = /^(\$?\w+)\((.*)\)$/.exec(expression), f = called && (known[called[1]] || vars[called[1]]);
    if (called) return typeof f === 'function' ? f(...called[2].split(',').map((a) => a.trim()).filter(Boolean)) : undefined;
    return expression.split(/[.[\]]+/).filter(Boolean).reduce((value, key) => (value === undefined || value === null ? undefined : value[key]), vars);
  };
  if (Array.isArray(text)) return text.map((each) => template(each, context));
  if (text && typeof text === 'object') return Object.fromEntries(Object.entries(text).map(([k, v]) => [k, template(v, context)]));
  if (typeof text !== 'string') return text;
  const whole = /^\{\{([^{}]*)\}\}$/.exec(text);
  return whole ? valueOf(whole[1].trim()) : text.replace(/\{\{([^{}]*)\}\}/g, (_, expression) => `${valueOf(expression.trim())}`);
}

let exitCode;
globalThis.artillery = {
  version: '2.0.34', testRunId: testId, util: { template }, log: (...values) => console.log(...values),
  ext() {}, shutdown() {}, plugins: [], extensionEvents: [],
  get suggestedExitCode() { return exitCode; },
  set suggestedExitCode(code) { exitCode = +code || 0; send(stringify({ x: exitCode })); },
};
process.exit = (code) => { throw new Error(`process.exit(${code ?? ''}) was called: a processor cannot end the test`); };
process.argv = [process.argv[0], 'artillery', 'run'];
for (const kind of ['uncaughtException', 'unhandledRejection']) {
  process.on(kind, (error) => say('error', `processor: uncaught ${(error && error.stack) || error}`));
}
process.on('exit', flush);

// Loading, then reading what the worker says.

function take(all) {
  for (const part of [all.default, all]) {
    if (part === null || (typeof part !== 'object' && typeof part !== 'function')) continue;
    for (const name of Object.keys(part)) if (typeof part[name] === 'function' && name !== 'default') functions.set(name, part[name]);
  }
}

async function load() {
  if (+process.versions.node.split('.')[0] < 18) throw new Error(`Node ${process.version} is too old; processors need Node 18 or newer`);
  if (/\.[mc]?ts$/.test(file) && !process.features.typescript) {
    throw new Error(`Node ${process.version} cannot run TypeScript; Node 22.18 or newer can`);
  }
  take(await import(pathToFileURL(file).href));
  return stringify({ ready: [...functions.keys()], node: process.version });
}

function receive(line) {
  const message = parse(line);
  if (message.c !== undefined) run(message);
  else if (message.p) send('{"p":1}');
  else if (message.k !== undefined) large.set(message.k, stringify(message.v));
}

let parts = [];
input.on('data', (data) => {
  let from = 0;
  for (let at = data.indexOf(10); at >= 0; at = data.indexOf(10, from)) {
    parts.push(data.subarray(from, at));
    const line = parts.length === 1 ? parts[0].toString() : Buffer.concat(parts).toString();
    parts = [];
    from = at + 1;
    receive(line);
  }
  if (from < data.length) parts.push(data.subarray(from));
});
input.on('end', () => { flush(); exit(0); });
input.on('error', () => exit(1));

let loaded = false;
function answer(text) {
  if (loaded) return;
  loaded = true;
  send(text);
  end(0);
}
const failed = (error) => answer(stringify({ failed: `${(error && error.message) || error}`, stack: `${(error && error.stack) || ''}` }));
begin(0, () => failed('it waits for something that never comes (await at its top)'));
load().then(answer, failed);
