// expect (earlier: functional): describe() with t.expect(value).as(name).toEqual(...).and(...), each link a check.
'use strict';
const k6 = core.part('modules')(0, 'k6');
const show = (v) => (typeof v === 'string' ? v : v === undefined ? 'undefined' : typeof v === 'function' ? `function ${v.name}` : JSON.stringify(v));
class BrokenChain extends Error {}
const note = (name, holds) => k6.check(null, { [name.replaceAll('::', ':').slice(0, 300)]: holds });

class Chain {
  constructor(told) { this.told = told; }
  expect(value) { this.value = value; this.name = undefined; return this; }
  and(value) { return this.expect(value); }
  as(name) { this.name = `${name}`; return this; }
  _check(holds, text) {
    const name = this.name ?? (typeof this.value === 'object' ? 'value' : show(this.value));
    if (note(`${name} ${text}`, holds)) return this;
    this.told.failed = true;
    throw new BrokenChain(`${name} ${text}`);
  }
  toEqual(v) { return this._check(this.value === v, `is ${show(v)}`); }
  toBeGreaterThan(v) { return this._check(this.value > v, `is greater than ${show(v)}`); }
  toBeGreaterThanOrEqual(v) { return this._check(this.value >= v, `is greater or equal to ${show(v)}`); }
  toBeLessThan(v) { return this._check(this.value < v, `is less than ${show(v)}`); }
  toBeLessThanOrEqual(v) { return this._check(this.value <= v, `is less or equal to ${show(v)}`); }
  toBeBetween(from, to) { return this._check(this.value >= from && this.value <= to, `is between ${from} - ${to}`); }
  toBeTruthy() { return this._check(!!this.value, 'is truthy'); }
  toBeFalsy() { return this._check(!this.value, 'is falsy'); }
  toInclude(v) { return this._check(this.value?.includes?.(v) ?? false, `includes ${show(v)}`); }
  toMatchAPISchema(schema) {
    const Ajv = core.part('modules')(0, 'swell:jslib/ajv').default, ajv = new Ajv();
    const value = typeof this.value?.json === 'function' ? this.value.json() : this.value, holds = ajv.validate(schema, value);
    if (!holds) console.warn(`the data does not match its schema: ${ajv.errorsText()}`);
    return this._check(holds, 'schema has not changed');
  }
  toHaveValidJson() {
    let holds = true;
    try { this.value.json(); } catch { holds = false; }
    this.name ??= this.value?.url;
    return this._check(holds, 'has valid json');
  }
}

// A group; true if all of it held. A broken chain ends it, and so does any other error, which is a failed check.
function describe(name, run) {
  const told = { failed: false };
  k6.group(name, () => {
    try { run({ expect: (value) => new Chain(told).expect(value) }); } catch (error) {
      told.failed = true;
      if (error instanceof BrokenChain) return;
      console.error(`${name}: ${error instanceof Error ? error.stack || error : error}`);
      note(`Exception raised "${error instanceof Error ? error.message : error}"`, false);
    }
  });
  return !told.failed;
}
exports.describe = describe;
exports.test = describe;
