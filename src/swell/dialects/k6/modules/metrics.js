// k6/metrics in the script.
'use strict';
const ID = Symbol('swell.metric');

class Metric {
  constructor(kind, name, isTime) {
    this.name = `${name}`;
    Object.defineProperty(this, ID, { value: host.make(kind, this.name, !!isTime) });
  }

  add(value, tags) {
    const given = value;
    if (typeof value !== 'number') {
      if (typeof value === 'boolean') value = value ? 1 : 0;
      else value = typeof value === 'string' && value.trim() !== '' ? +value : NaN;
    }
    if (!Number.isFinite(value)) return host.refuse(this[ID], `${given}`.toWellFormed());
    let extra = null;
    if (tags !== undefined && tags !== null) {
      const plain = {};
      for (const key of Object.keys(tags)) {
        const tag = tags[key];
        const type = typeof tag;
        if (type !== 'string' && type !== 'number' && type !== 'boolean') throw new TypeError(`the tag ${key} must be a text, a number or a boolean`);
        plain[key] = `${tag}`;
      }
      extra = JSON.stringify(plain);
    }
    host.add(this[ID], value, extra);
    return true;
  }
}

for (const [name, kind] of [['Counter', 'counter'], ['Gauge', 'gauge'], ['Rate', 'rate'], ['Trend', 'trend']]) {
  exports[name] = { [name]: class extends Metric { constructor(own, isTime) { super(kind, own, isTime); } } }[name];
}
exports.Rate.prototype.add = function add(value, tags) {
  return Metric.prototype.add.call(this, typeof value === 'number' && value !== 0 && Number.isFinite(value) ? 1 : value, tags);
};
