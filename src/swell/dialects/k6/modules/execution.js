// k6/execution in the script: objects whose properties are asked for when they are read.
'use strict';
const reader = (ask, names, more = {}) => {
  const made = {};
  for (const name of names) Object.defineProperty(made, name, { enumerable: true, get: () => ask(name) });
  return Object.defineProperties(made, Object.getOwnPropertyDescriptors(more));
};

function value(name, given) {
  switch (typeof given) {
    case 'string': case 'number': case 'boolean': return `${given}`;
  }
  throw new TypeError(`the tag ${JSON.stringify(name)} must be a text, a number or a boolean`);
}

function proxy() {
  return new Proxy({}, {
    get: (target, name) => (typeof name === 'string' ? host.tags()[name] : undefined),
    set(target, name, given) { host.setTag(name, value(name, given)); return true; },
    deleteProperty(target, name) { host.deleteTag(name); return true; },
    has: (target, name) => name in host.tags(),
    ownKeys: () => Object.keys(host.tags()),
    getOwnPropertyDescriptor(target, name) {
      const tags = host.tags();
      return name in tags ? { value: tags[name], writable: true, enumerable: true, configurable: true } : undefined;
    },
  });
}

function frozen(v) {
  if (typeof v === 'object' && v !== null) { Object.values(v).forEach(frozen); Object.freeze(v); }
  return v;
}

let options, tags;
const metadata = {};
const assign = (given) => { for (const name of Object.keys(given)) host.setTag(name, value(name, given[name])); };
const metrics = {
  get tags() { return tags ??= proxy(); },
  set tags(given) { assign(given); },
  metadata,
};

exports.default = {
  scenario: reader(host.scenario, ['name', 'executor', 'startTime', 'progress', 'iterationInInstance', 'iterationInTest']),
  instance: reader(host.instance, ['currentTestRunDuration', 'iterationsCompleted', 'iterationsInterrupted', 'vusActive', 'vusInitialized']),
  test: {
    abort: (message) => host.abort(message),
    fail: (message) => host.fail(message),
    get options() { return options ??= frozen(host.options()); },
  },
  vu: reader(host.vu, ['idInInstance', 'idInTest', 'iterationInInstance', 'iterationInScenario'], {
    metrics,
    get tags() { return metrics.tags; },
    set tags(given) { assign(given); },
  }),
};
