// CommonJS, JSON and everything that is resolved while the script runs. Python answers (kind, key) for a specifier:
// kind 0 a module of the host, 1 an ES module, 2 a CommonJS file, 3 a JSON file.
(function (core) {
  'use strict';
  const resolve = core.host(7, 1, 'resolve'), url = core.host(8, 1, 'resolve'), json = core.host(9, 1, 'read'), evaluate = core.host(10, 1, 'require');
  const loaded = Object.create(null), values = Object.create(null), metas = Object.create(null);

  function run(key) {
    if (loaded[key]) return loaded[key].exports;
    const module = (loaded[key] = { exports: {}, id: key, filename: key, loaded: false, children: [], paths: [] });
    try {
      const body = core.code(2, key);
      body.call(module.exports, module.exports, requireFrom(key), module, key, key.slice(0, Math.max(key.lastIndexOf('/'), 0)) || '/');
    } catch (error) {
      delete loaded[key];
      throw error;
    }
    module.loaded = true;
    return module.exports;
  }

  const data = (key) => (key in values ? values[key] : (values[key] = JSON.parse(json(key))));

  function requireFrom(file) {
    const require = (specifier) => {
      if (typeof specifier !== 'string') throw new TypeError('require() needs the name of a module');
      const [kind, key] = resolve(specifier, file, true);
      if (kind === 0) return builtinValue(key);
      if (kind === 1) { evaluate(key); const n = globalThis['\u0001']; globalThis['\u0001'] = undefined; return n; }
      return kind === 2 ? run(key) : data(key);
    };
    require.resolve = (specifier) => resolve(specifier, file, true)[1];
    require.cache = loaded;
    return require;
  }

  // CommonJS gets what the host's module is: its default object with the names on it.
  function builtinValue(name) {
    const all = core.part('modules')(0, name), main = all.default;
    return (typeof main === 'object' && main !== null) || typeof main === 'function' ? main : all;
  }

  function namespace(kind, key) {
    if (kind === 0) return core.part('modules')(0, key);
    const value = kind === 3 ? data(key) : run(key);
    const all = Object.create(null);
    if (value !== null && (typeof value === 'object' || typeof value === 'function')) {
      for (const name of Object.keys(value)) all[name] = value[name];
      if (value.__esModule && 'default' in value) return all;
    }
    all.default = value;
    return all;
  }

  async function load(specifier, file) {
    const [kind, key] = resolve(specifier, file, false);
    return kind === 1 ? core.evaluate(key) : namespace(kind, key);
  }

  function meta(file) {
    return (metas[file] ??= Object.freeze({
      url: url('', file), filename: file, dirname: file.slice(0, Math.max(file.lastIndexOf('/'), 0)) || '/', resolve: (specifier) => url(`${specifier}`, file),
    }));
  }

  return { namespace, load, meta, requireFrom };
})
