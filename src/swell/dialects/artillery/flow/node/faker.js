// faker: every function is one call into Python; @faker-js/faker and faker 5 alike.
const RNG = ['helpers', 'random', 'datatype'];
const run = (module, method, args) => {
  if (module === 'helpers' || module === 'random') {
    const [first, second] = args;
    if (method === 'multiple') return Array.from({ length: second?.count ?? 3 }, first);
    if (method === 'maybe') return host.make('datatype', 'boolean', []) ? first() : undefined;
    if (['arrayElement', 'arrayElements', 'shuffle', 'objectKey', 'objectValue', 'weightedArrayElement', 'enumValue'].includes(method)) return chosen(method, first, second);
    if (method === 'fake') return `${first}`.replace(/\{\{\s*(\w+)\.(\w+)\s*\}\}/g, (_, m, f) => run(m, f, []));
  }
  if (method === 'betweens' || method === 'between') return dates(method, args);
  const value = host.make(module, method, args.map((arg) => (arg instanceof Date ? arg.toISOString() : typeof arg === 'function' ? null : arg ?? null)));
  return module === 'date' && typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? new Date(value) : value;
};
const index = (length) => host.make('datatype', 'index_', [length]);
function chosen(method, given, options) {
  if (method === 'objectKey' || method === 'objectValue') { const keys = Object.keys(given), key = keys[index(keys.length)]; return method === 'objectKey' ? key : given[key]; }
  if (method === 'enumValue') { const values = Object.keys(given).filter((key) => isNaN(+key)).map((key) => given[key]); return values[index(values.length)]; }
  if (method === 'weightedArrayElement') {
    let rest = Math.random() * given.reduce((sum, each) => sum + each.weight, 0);
    return (given.find((each) => (rest -= each.weight) < 0) ?? given.at(-1)).value;
  }
  const list = [...(given ?? ['a', 'b', 'c'])];
  if (method === 'arrayElement') return list.length ? list[index(list.length)] : undefined;
  for (let i = list.length - 1; i > 0; i--) { const j = index(i + 1); [list[i], list[j]] = [list[j], list[i]]; }
  if (method === 'shuffle') return list;
  const count = typeof options === 'object' && options ? (options.min ?? 0) + index((options.max ?? list.length) - (options.min ?? 0) + 1) : options ?? index(list.length + 1);
  return list.slice(0, count);
}
function dates(method, args) {
  const [first, second] = args, from = +new Date(first?.from ?? first), to = +new Date(first?.to ?? second);
  const one = () => new Date(from + Math.random() * (to - from));
  return method === 'between' ? one() : Array.from({ length: first?.count ?? args[2] ?? 3 }, one).sort((a, b) => a - b);
}
const modules = {};
const moduleOf = (name) => (modules[name] ??= new Proxy(() => {}, {
  get: (_, method) => (typeof method === 'string' ? (...args) => run(name, method, args) : undefined),
}));
const own = { seed: (value) => host.seed(value ?? null), setLocale() {}, locale: 'en', locales: {}, fake: (text) => run('helpers', 'fake', [text]), setDefaultRefDate() {} };
const faker = new Proxy(own, {
  get: (_, name) => (typeof name !== 'string' || name === 'then' || name === 'toJSON' ? undefined : name in own ? own[name] : name === 'default' || name === 'faker' ? faker : moduleOf(name)),
  ownKeys: () => ['faker', 'seed'],
});
own.faker = faker;
exports.default = faker;
exports.faker = faker;
exports.fakerEN = faker;
exports.fakerDE = faker;
exports.fakerEN_US = faker;
exports.allFakers = { en: faker };
