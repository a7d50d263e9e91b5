// Values that JSON lacks, errors told in full, and who called. A mark is an object {"\u0001": kind, "v": ...}.
(function (core) {
  'use strict';
  const { hold, host, py, pack, fail, waiting, FAILED, part } = core;
  const text = JSON.stringify, define = Object.defineProperty, mark = (core.mark ??= Symbol());
  // Python callables that no script code holds any more
  const callables = (core.callables ??= new core.FinalizationRegistry((id) => { py(14, id); }));
  const M = '\u0001', kindOf = (v) => Object.prototype.toString.call(v).slice(8, -1);
  const views = { Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array,
    Float64Array, BigInt64Array, BigUint64Array };
  const AsyncFunction = (async () => {}).constructor;

  const base64 = (v) => (v instanceof ArrayBuffer ? new Uint8Array(v) : new Uint8Array(v.buffer, v.byteOffset, v.byteLength)).toBase64();

  function encode(top) {
    let marked = false;
    const seen = [];
    const put = (kind, v) => { marked = true; return { [M]: kind, v }; };
    function walk(v) {
      switch (typeof v) {
        case 'string': case 'boolean': return v;
        case 'number': return Number.isFinite(v) && !Object.is(v, -0) ? v : put('n', Object.is(v, -0) ? '-0' : `${v}`);
        case 'undefined': return put('u');
        case 'bigint': return put('i', `${v}`);
        case 'function': return put('f', [hold(v), v.name, v instanceof AsyncFunction]);
        case 'symbol': throw new TypeError('a symbol cannot be handed out of the script');
      }
      if (v === null) return null;
      if (v instanceof Date) return put('d', +v);
      if (v instanceof ArrayBuffer) return put('b', v.toBase64 ? v.toBase64() : base64(v));
      if (ArrayBuffer.isView(v)) {
        const type = kindOf(v);
        return type in views ? put('a', [type, base64(v)]) : put('b', base64(v));
      }
      if (v instanceof Error) return put('e', record(v));
      if (v instanceof Promise) return put('p');
      if (v instanceof RegExp) return v.source;
      if (v instanceof Number || v instanceof String || v instanceof Boolean) return walk(v.valueOf());
      if (seen.includes(v)) throw new TypeError('a cyclic object cannot be handed out of the script');
      seen.push(v);
      let out;
      if (Array.isArray(v)) {
        out = [];
        for (let i = 0; i < v.length; i++) out[i] = walk(v[i]);
      } else if (v instanceof Map) out = put('m', [...v].map(([k, x]) => [walk(k), walk(x)]));
      else if (v instanceof Set) out = put('s', [...v].map(walk));
      else if (typeof v.toJSON === 'function') out = walk(v.toJSON());
      else {
        out = {};
        for (const key of Object.keys(v)) {
          const x = v[key];
          if (x === undefined || typeof x === 'symbol') continue;
          define(out, key, { value: walk(x), enumerable: true });
        }
        if (M in v) out = put('o', Object.keys(out).map((key) => [key, out[key]]));
      }
      seen.pop();
      return out;
    }
    const plain = walk(top);
    return [text(plain), marked ? 2 : 1];
  }

  function decode(v) {
    if (typeof v !== 'object' || v === null) return v;
    if (Array.isArray(v)) {
      for (let i = 0; i < v.length; i++) v[i] = decode(v[i]);
      return v;
    }
    const x = v.v;
    switch (v[M]) {
      case undefined:
        for (const key of Object.keys(v)) v[key] = decode(v[key]);
        return v;
      case 'u': return undefined;
      case 'n': return +x;
      case 'i': return BigInt(x);
      case 'd': return new Date(x);
      case 'b': return Uint8Array.fromBase64(x).buffer;
      case 'a': return x[0] === 'Uint8Array' ? Uint8Array.fromBase64(x[1]) : new views[x[0]](Uint8Array.fromBase64(x[1]).buffer);
      case 'f': {
        const f = host(x[0], x[1], x[2]);
        callables.register(f, x[0] | 0);
        return f;
      }
      case 'm': return new Map(x.map(decode));
      case 's': return new Set(decode(x));
      case 'o': {
        const out = {};
        for (const [key, value] of x) define(out, key, { value: decode(value), enumerable: true, writable: true, configurable: true });
        return out;
      }
      case 'e': {
        const type = globalThis[x[0]];
        return new (typeof type === 'function' && type.prototype instanceof Error ? type : Error)(x[1]);
      }
    }
    return v;
  }

  // What Python is told of a thrown value: name, message, stack, and the id of the Python exception behind it.
  function record(error) {
    const all = { n: '', m: '', s: '' };
    if (error instanceof Error) {
      all.n = `${error.name}`;
      all.m = `${error.message}`;
      all.s = typeof error.stack === 'string' ? error.stack : '';
      if (typeof error[mark] === 'number') all.i = error[mark];
      else if (error.cause !== undefined && error.cause !== error) all.c = record(error.cause);
    } else {
      all.m = part('console').format([error]);
      if (error !== null && typeof error === 'object' && typeof error.stack === 'string') all.s = error.stack;
    }
    return all;
  }

  // The user's file that called a host function: the first frame that is not ours.
  function caller() {
    for (const line of new Error().stack.split('\n')) {
      const found = /\(?([^()]*):\d+:\d+\)?$/.exec(line.replace(/^\s*at (?:.* \()?/, ''));
      if (found && !found[1].startsWith('swell:') && !found[1].startsWith('<')) return found[1];
    }
    return '';
  }

  // The rarer kinds of host functions: 2 gives a promise, 3 gets the calling file first.
  function wrap(id, kind) {
    if (kind === 3) {
      const call = host(id, 1, '');
      return (...args) => call(caller(), ...args);
    }
    return (...args) => {
      const operation = py(id, pack(args), ...args);
      if (operation === FAILED) fail();
      return new Promise((resolve, reject) => { waiting[operation] = [resolve, reject]; });
    };
  }

  // The error of a host function, from what Python tells of it.
  function error(told) {
    const [name, message, id] = JSON.parse(told);
    const type = globalThis[name];
    const made = new (typeof type === 'function' && type.prototype instanceof Error ? type : Error)(message);
    if (made.name !== name) define(made, 'name', { value: name, configurable: true, writable: true });
    return define(made, mark, { value: id });
  }

  function encodeInto(args, i) {
    const [json, kind] = encode(args[i]);
    args[i] = json;
    return kind;
  }

  function outcome(v) {
    const [json, kind] = encode(v);
    return ((kind === 1 ? 'j' : 'r') + json).slice(0);
  }

  return { wrap, error, encodeInto, outcome, encode, decode, describe: (error) => text(record(error)) };
})
