// What a new context needs once: safe errors, globals. Nothing of it stays but the globals.
(function (core, table) {
  'use strict';
  const { host, part, py, waiting, fail, FAILED } = core;
  const define = Object.defineProperty, globals = globalThis, SLOT = '\u0001', setup = JSON.parse(table);

  // What the engine itself throws is turned into text outside of any script code: nobody may meddle with that.
  for (const type of [InternalError, RangeError]) {
    define(type.prototype, 'toString', { value: Error.prototype.toString });
    define(type.prototype, 'name', { value: type.prototype.name, configurable: false, writable: false });
  }
  core.FinalizationRegistry = FinalizationRegistry;
  core.rejections = null;

  // Rejections that nobody handled yet; the engine calls this through its C interface.
  define(globals, SLOT + 'r', { value: (promise, reason, handled) => {
    if (!handled) (core.rejections ??= new Map()).set(promise, reason);
    else if (core.rejections) core.rejections.delete(promise);
  } });
  define(globals, SLOT, { value: undefined, writable: true });
  // What rewritten imports call; see imports.py.
  define(globals, '$swell', { value: (kind, key, file) => part('modules')(kind, key, file) });

  function every(repeat, f, delay, ...args) {
    if (typeof f !== 'function') throw new TypeError('the first argument of a timer must be a function');
    const id = py(4, +delay || 0, repeat);
    if (id === FAILED) fail();
    waiting[id] = [f, args, repeat];
    return id;
  }
  const forget = (id) => { if (typeof id === 'number' && waiting[id]) { delete waiting[id]; py(5, id); } };
  const put = (name, value) => define(globals, name, { value, writable: true, configurable: true });
  put('setTimeout', (f, delay, ...args) => every(false, f, delay, ...args));
  put('setInterval', (f, delay, ...args) => every(true, f, delay, ...args));
  put('clearTimeout', forget);
  put('clearInterval', forget);
  put('queueMicrotask', (f) => { Promise.resolve().then(() => { f(); }); });

  for (const name of setup.remove) delete globals[name];
  for (const [name, from] of setup.lazy) {
    const set = (v) => put(name, v);
    define(globals, name, { get() { set(part(from)[name]); return globals[name]; }, set, configurable: true });
  }
  for (const [name, kind, v] of setup.globals) globals[name] = kind < 4 ? host(v, kind, name) : kind === 4 ? v : part('rich').decode(v);
  if (setup.global) put('global', globals);
})
