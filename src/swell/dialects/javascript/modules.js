// Imports that are no links between ES modules: what `$swell(kind, key, file)` of rewritten files gives. Used while a
// script loads, so it is dropped afterwards and loaded again if a script imports something later.
(function (core) {
  'use strict';
  const { host, part, py, code } = core;
  const modules = (core.modules ??= {});

  function builtin(name) {
    if (modules[name]) return modules[name];
    const [entries, hasSource] = JSON.parse(py(3, 0, name));
    const given = {};
    for (const [key, kind, v] of entries) given[key] = kind < 4 ? host(v, kind, key) : kind === 4 ? v : part('rich').decode(v);
    const exports = {};
    return (modules[name] = shape(hasSource ? code(1, name)(given, exports, core) || exports : given));
  }

  // Both the default object and the names, whichever the module has.
  function shape(exports) {
    const main = 'default' in exports ? exports.default : exports, all = Object.create(null);
    return Object.assign(all, main !== null && typeof main === 'object' ? main : null, exports, { default: main });
  }

  return (kind, key, file) => {
    switch (kind) {
      case 0: return builtin(key);
      case 4: return part('commonjs').load(`${key}`, file);
      case 5: return part('commonjs').meta(key);
      case 6: return part('commonjs').requireFrom(key);
      default: return part('commonjs').namespace(kind, key);
    }
  };
})
