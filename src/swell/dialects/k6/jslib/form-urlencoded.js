// form-urlencoded: an object as the body of a form. Nested values get names such as a[b].
'use strict';
const escape = (text) => encodeURIComponent(`${text}`.toWellFormed()).replace(/%20/g, '+').replace(/[!'()~*]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase());

exports.default = function formurlencoded(data, { sorted = false, skipIndex = false, ignorenull = false, useDot = false } = {}) {
  const pairs = [];
  const keysOf = (v) => (sorted ? Object.keys(v).sort() : Object.keys(v));
  function add(name, value) {
    if (typeof value === 'function' || value === undefined) return;
    if (value === null) { if (!ignorenull) pairs.push(`${name}=`); return; }
    if (typeof value !== 'object') { pairs.push(`${name}=${escape(value)}`); return; }
    for (const key of keysOf(value)) {
      if (Array.isArray(value)) add(`${name}${skipIndex ? '' : escape(`[${key}]`)}`, value[key]);
      else add(useDot ? `${name}.${escape(key)}` : `${name}${escape(`[${key}]`)}`, value[key]);
    }
  }
  for (const key of keysOf(data)) add(escape(key), data[key]);
  return pairs.join('&');
};
