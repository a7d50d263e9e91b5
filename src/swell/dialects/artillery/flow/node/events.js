// EventEmitter.
class EventEmitter {
  #of(name) { return ((this._events ??= Object.create(null))[name] ??= []); }
  on(name, f) { this.#of(name).push(f); return this; }
  addListener(name, f) { return this.on(name, f); }
  prependListener(name, f) { this.#of(name).unshift(f); return this; }
  once(name, f) {
    const once = (...args) => { this.off(name, once); return f.apply(this, args); };
    once.listener = f;
    return this.on(name, once);
  }
  off(name, f) {
    const list = this.#of(name), at = list.findIndex((each) => each === f || each.listener === f);
    if (at >= 0) this._events[name] = list.filter((_, index) => index !== at);
    return this;
  }
  removeListener(name, f) { return this.off(name, f); }
  removeAllListeners(name) { if (name === undefined) this._events = Object.create(null); else this.#of(name).length = 0; return this; }
  emit(name, ...args) {
    const list = [...this.#of(name)];
    if (!list.length && name === 'error') throw args[0] instanceof Error ? args[0] : new Error(`Unhandled error. (${args[0]})`);
    for (const f of list) f.apply(this, args);
    return list.length > 0;
  }
  listeners(name) { return this.#of(name).map((f) => f.listener ?? f); }
  listenerCount(name) { return this.#of(name).length; }
  eventNames() { return Object.keys(this._events ?? {}).filter((name) => this._events[name].length); }
  setMaxListeners() { return this; }
  getMaxListeners() { return 10; }
}
EventEmitter.EventEmitter = EventEmitter;
EventEmitter.defaultMaxListeners = 10;
EventEmitter.once = (emitter, name) => new Promise((resolve, reject) => {
  emitter.once(name, (...args) => resolve(args));
  if (name !== 'error') emitter.once('error', reject);
});
exports.default = EventEmitter;
