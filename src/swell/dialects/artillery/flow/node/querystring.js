// Query strings the old way.
const escape = (value) => encodeURIComponent(value).replace(/[!'()*]/g, (c) => c), unescape = (text) => { try { return decodeURIComponent(text.replace(/\+/g, ' ')); } catch { return text; } };
const shown = (value) => (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? `${value}` : '');
const stringify = (object, mark = '&', equals = '=') => Object.entries(object ?? {})
  .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((each) => escape(name) + equals + escape(shown(each)))).join(mark);
const parse = (text, mark = '&', equals = '=') => {
  const found = Object.create(null);
  for (const pair of `${text ?? ''}`.split(mark)) {
    if (!pair) continue;
    const at = pair.indexOf(equals), name = unescape(at < 0 ? pair : pair.slice(0, at)), value = at < 0 ? '' : unescape(pair.slice(at + equals.length));
    found[name] = name in found ? [].concat(found[name], value) : value;
  }
  return found;
};
exports.default = { stringify, parse, escape, unescape, encode: stringify, decode: parse };
