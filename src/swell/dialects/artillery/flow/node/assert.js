// assert.
const { inspect, isDeepStrictEqual } = core.part('modules')(0, 'util').default;
class AssertionError extends Error {
  constructor(options) { super(options.message); this.name = 'AssertionError'; this.actual = options.actual; this.expected = options.expected; }
}
const check = (holds, message, actual, expected, standard) => {
  if (holds) return;
  if (message instanceof Error) throw message;
  throw new AssertionError({ message: message ?? standard ?? 'The expression evaluated to a falsy value', actual, expected });
};
const assert = (value, message) => check(value, message, value, true);
Object.assign(assert, {
  ok: assert, AssertionError,
  equal: (a, b, m) => check(a == b, m, a, b, `${inspect(a)} == ${inspect(b)}`),
  notEqual: (a, b, m) => check(a != b, m, a, b, `${inspect(a)} != ${inspect(b)}`),
  strictEqual: (a, b, m) => check(Object.is(a, b), m, a, b, `Expected values to be strictly equal: ${inspect(a)} !== ${inspect(b)}`),
  notStrictEqual: (a, b, m) => check(!Object.is(a, b), m, a, b, `Expected values to be strictly unequal: ${inspect(a)}`),
  deepEqual: (a, b, m) => check(isDeepStrictEqual(a, b), m, a, b, 'Expected values to be deeply equal'),
  deepStrictEqual: (a, b, m) => check(isDeepStrictEqual(a, b), m, a, b, 'Expected values to be strictly deep-equal'),
  notDeepStrictEqual: (a, b, m) => check(!isDeepStrictEqual(a, b), m, a, b, 'Expected values not to be deep-equal'),
  match: (text, pattern, m) => check(pattern.test(text), m, text, pattern, `The input did not match ${pattern}`),
  fail: (message) => check(false, message, undefined, undefined, 'Failed'),
  ifError: (error) => { if (error !== null && error !== undefined) throw error; },
  throws: (f, m) => { try { f(); } catch { return; } check(false, typeof m === 'string' ? m : undefined, undefined, undefined, 'Missing expected exception.'); },
});
assert.strict = assert;
exports.default = assert;
