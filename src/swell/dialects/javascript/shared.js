// An array whose elements lie outside of the context, as JSON; each access gives a fresh, frozen copy.
(function (core) {
  'use strict';
  const item = core.host(13, 0, 'item');

  function frozen(v) {
    if (typeof v === 'object' && v !== null) {
      for (const key of Object.keys(v)) frozen(v[key]);
      Object.freeze(v);
    }
    return v;
  }

  function array(id, length) {
    const refuse = () => { throw new TypeError('a SharedArray cannot be changed'); };
    const position = (key) => {
      if (typeof key !== 'string') return -1;
      const n = +key;
      return Number.isInteger(n) && n >= 0 && n < length && String(n) === key ? n : -1;
    };
    const at = (n) => frozen(JSON.parse(item(id, n)));
    // The target has the right length and no elements, so Array.isArray and all methods work on the proxy.
    return new Proxy([], {
      get(target, key) {
        if (key === 'length') return length;
        const n = position(key);
        return n >= 0 ? at(n) : target[key];
      },
      has: (target, key) => position(key) >= 0 || key in target,
      ownKeys: () => [...Array(length).keys()].map(String).concat('length'),
      getOwnPropertyDescriptor(target, key) {
        if (key === 'length') return { value: length, writable: true, enumerable: false, configurable: false };
        const n = position(key);
        return n >= 0 ? { value: at(n), writable: false, enumerable: true, configurable: true } : undefined;
      },
      set: refuse, deleteProperty: refuse, defineProperty: refuse, setPrototypeOf: refuse, preventExtensions: refuse,
    });
  }
  return { array };
})
