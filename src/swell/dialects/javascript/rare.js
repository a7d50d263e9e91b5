// Operations that are not worth their memory in every context all the time.
(function (core) {
  'use strict';
  const { kept, waiting, settle, outcome, parts, evaluate } = core, names = Object.keys;
  const isAsync = (f) => Object.prototype.toString.call(f) === '[object AsyncFunction]';
  return {
    // load the main module b of kind a
    6: (a, b) => {
      if (a === 'module') return settle(evaluate(b).then((n) => { core.namespace = n; }));
      const all = core.part('modules')(a, b), main = all.default;
      // The main file's `exports.default` is its default, whatever an import of it would see.
      core.namespace = typeof main === 'object' && main !== null && 'default' in main ? { ...all, default: main.default } : all;
      return 'u';
    },
    // let go of held functions
    7: (a, b, c, ...handles) => { for (const handle of handles) delete kept[handle]; return 'u'; },
    // the first of the rejections that nobody handled
    8: () => {
      const first = core.rejections ? [...core.rejections.values()] : [];
      core.rejections = null;
      if (first.length) throw first[0];
      return 'u';
    },
    // the exports' names, and what they are
    9: () => outcome(names(core.namespace).map((key) => [key, typeof core.namespace[key], isAsync(core.namespace[key])])),
    // forget timers, operations and rejections
    10: () => {
      for (const key of names(waiting)) delete waiting[key];
      core.rejections = null;
      return 'u';
    },
    // an export as JSON
    11: (name) => outcome(JSON.stringify(core.namespace[name])),
    // evaluate a module, for require()
    12: (key) => settle(evaluate(key).then((n) => { globalThis['\u0001'] = n; })),
    // the script is loaded: what only that needed can go
    13: () => { delete parts.modules; delete parts.rare; delete parts.rich; delete parts.setup; return 'u'; },
  };
})
