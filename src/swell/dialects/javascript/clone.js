// structuredClone: deep copies of data, cycles included. A host may offer it; k6 does not.
(function () {
  'use strict';
  function structuredClone(top) {
    const seen = new Map();
    function copy(v) {
      if (typeof v === 'function' || typeof v === 'symbol') throw new DOMException('the value cannot be cloned', 'DataCloneError');
      if (typeof v !== 'object' || v === null) return v;
      if (seen.has(v)) return seen.get(v);
      const keep = (made) => { seen.set(v, made); return made; };
      if (v instanceof Date) return keep(new Date(+v));
      if (v instanceof RegExp) return keep(new RegExp(v.source, v.flags));
      if (v instanceof ArrayBuffer) return keep(v.slice(0));
      if (ArrayBuffer.isView(v)) {
        const buffer = copy(v.buffer);
        return keep(v instanceof DataView ? new DataView(buffer, v.byteOffset, v.byteLength) : new v.constructor(buffer, v.byteOffset, v.length));
      }
      if (v instanceof Error) {
        const type = globalThis[v.name], made = keep(new (typeof type === 'function' && type.prototype instanceof Error ? type : Error)(v.message));
        if (v.cause !== undefined) made.cause = copy(v.cause);
        return made;
      }
      if (v instanceof Map) {
        const made = keep(new Map());
        for (const [key, x] of [...v]) made.set(copy(key), copy(x));
        return made;
      }
      if (v instanceof Set) {
        const made = keep(new Set());
        for (const x of [...v]) made.add(copy(x));
        return made;
      }
      if (v instanceof Boolean || v instanceof Number || v instanceof String) return keep(Object(v.valueOf()));
      if (v instanceof Promise || v instanceof WeakMap || v instanceof WeakSet) throw new DOMException('the value cannot be cloned', 'DataCloneError');
      const made = keep(Array.isArray(v) ? new Array(v.length) : {});
      for (const key of Object.keys(v)) Object.defineProperty(made, key, { value: copy(v[key]), writable: true, enumerable: true, configurable: true });
      return made;
    }
    return copy(top);
  }
  return { structuredClone };
})
