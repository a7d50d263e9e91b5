// The script's side of the bridge: calls both ways. Runs first in each context and stays, so every byte of it is paid
// once per user: what not every script needs all the time lies in parts that are loaded when they are asked for.
// Values cross as numbers, booleans, null and safe strings (no NUL, no lone surrogates); anything else as JSON, with
// marks for what JSON lacks (part "rich"). Two bits a value tell which: 0 itself, 1 JSON, 2 marked JSON, 3 undefined.
// The binding knows no ropes, which long concatenated strings are: toWellFormed() and slice() give flat ones.
(function (py, STOP, evaluate) {
  'use strict';
  const { parse, stringify } = JSON, define = Object.defineProperty, globals = globalThis, SLOT = '\u0001';
  // Functions in Python's hands and settled promises; timers and operations; parts, by name.
  const FAILED = {}, kept = {}, waiting = {}, parts = {};
  const core = { py, STOP, FAILED, evaluate, kept, waiting, parts, host, part, code, pack, unpack, outcome, settle, fail };
  let last = 0;

  function part(name) {
    return parts[name] || (parts[name] = code(0, name)(core));
  }

  // A compiled function that Python leaves in the slot.
  function code(what, name) {
    if (py(0, what, name) === FAILED) what ? fail() : stop();
    const value = globals[SLOT];
    globals[SLOT] = undefined;
    return value;
  }
  function stop() { throw STOP; }

  // A host function failed: its error, thrown here; or the context is being stopped, which nothing catches.
  function fail() {
    const told = py(1);
    if (told === null) stop();
    throw part('rich').error(told);
  }

  function result(r) {
    if (r === null) return undefined;
    if (typeof r !== 'object') return r;
    if (r === FAILED) fail();
    return r.length === 1 ? r[0] : part('rich').decode(r[0]);
  }

  // Arguments for Python, in place; returns the kinds.
  function pack(args) {
    let kinds = 0;
    for (let i = args.length - 1; i >= 0; i--) {
      const v = args[i];
      let kind = 0;
      switch (typeof v) {
        case 'number': if (v === (v | 0)) args[i] = v | 0; break;  // JSON.parse gives doubles
        case 'boolean': break;
        case 'string':
          if (!v.isWellFormed() || v.includes('\0')) { args[i] = stringify(v); kind = 1; }
          else if (v.length > 511) args[i] = v.toWellFormed();
          break;
        case 'undefined': args[i] = null; kind = 3; break;
        default: if (v !== null) kind = part('rich').encodeInto(args, i);
      }
      if (i > 14 && kind) throw new TypeError('too many arguments');
      kinds |= kind << (2 * i);
    }
    return kinds;
  }

  function unpack(args, kinds) {
    for (let i = 0; kinds; i++, kinds >>>= 2) {
      const kind = kinds & 3;
      if (kind) args[i] = kind === 3 ? undefined : kind === 1 ? parse(args[i]) : part('rich').decode(parse(args[i]));
    }
    return args;
  }

  // A value for Python: a primitive, or a string whose first letter tells what the rest is.
  function outcome(v) {
    switch (typeof v) {
      case 'number': return v === (v | 0) ? v | 0 : v;
      case 'boolean': return v;
      case 'undefined': return 'u';
      case 'function': return 'f' + stringify([hold(v), `${v.name}`, Object.prototype.toString.call(v) === '[object AsyncFunction]']);
      case 'string': return (v.isWellFormed() && !v.includes('\0') ? 's' + v : 'j' + stringify(v)).slice(0);
    }
    return v === null ? v : part('rich').outcome(v);
  }

  function hold(v) {
    kept[++last] = v;
    return last;
  }
  core.hold = hold;

  // A value that may be a promise: its outcome now; or 'p' and a number, and py(2, number) when it is settled.
  function settle(v) {
    if (v === null || typeof v !== 'object' || typeof v.then !== 'function') return outcome(v);
    const number = ++last, done = (good, x) => { kept[number] = [good, x]; py(2, number); };
    (v instanceof Promise ? v : Promise.resolve(v)).then((x) => done(true, x), (e) => done(false, e));
    return 'p' + number;
  }

  function plain(s) {
    if (s.includes('\0')) throw new TypeError('this function takes no text with NUL characters');
    return s.toWellFormed();
  }

  // A host function by its number. Kind 0 takes primitives as they are, for JavaScript written around it; 1 any values.
  function host(id, kind, name) {
    id |= 0;
    const f = kind === 0 ? (...args) => {
      for (let i = args.length; i--;) {
        const v = args[i];
        if (typeof v === 'string') args[i] = plain(v);
        else if (v === (v | 0)) args[i] = v | 0;
      }
      const r = py(id, ...args);
      if (r === FAILED) fail();
      return r;
    }
      : kind === 1 ? (...args) => result(py(id, pack(args), ...args))
      : part('rich').wrap(id, kind);
    return define(f, 'name', { value: name, configurable: true });
  }

  function enter(operation, a, b, c, ...rest) {
    try {
      switch (operation) {
        case 0: // call the held function a
          return settle((0, kept[a])(...(b ? unpack(rest, b) : rest)));
        case 1: { // outcome of what is settled
          const [good, v] = kept[a];
          delete kept[a];
          if (!good) throw v;
          return outcome(v);
        }
        case 2: { // run a timer
          const timer = waiting[a];
          if (!timer) return 'u';
          if (!timer[2]) delete waiting[a];
          timer[0](...timer[1]);
          return 'u';
        }
        case 3: { // an operation is done: b tells how
          const two = waiting[a];
          delete waiting[a];
          if (two && b) two[0](unpack(rest, c)[0]);
          else if (two) try { fail(); } catch (error) { two[1](error); }
          return 'u';
        }
        case 4: // set a global
          globals[a] = unpack(rest, b)[0];
          return 'u';
        case 5: // an export
          return outcome(core.namespace[a]);
        default:
          return part('rare')[operation](a, b, c, ...rest);
      }
    } catch (error) {
      try { return ('t' + part('rich').describe(error)).slice(0); }
      catch { return 't{"n":"","m":"an error that cannot be shown","s":""}'; }
    }
  }
  core.enter = enter;
  return core;
})
