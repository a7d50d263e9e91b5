// Streams as browsers have them, as far as scripts use them: default readers and writers, queues with a limit.
'use strict';

class CountQueuingStrategy {
  constructor({ highWaterMark }) { this.highWaterMark = highWaterMark; }
  size() { return 1; }
}
class ByteLengthQueuingStrategy {
  constructor({ highWaterMark }) { this.highWaterMark = highWaterMark; }
  size(chunk) { return chunk.byteLength; }
}

// What is waiting, with its size by the strategy.
class Queue {
  items = [];
  total = 0;
  constructor(strategy = {}) {
    this.limit = strategy.highWaterMark === undefined ? 1 : +strategy.highWaterMark;
    if (!(this.limit >= 0)) throw new RangeError('highWaterMark is a number from 0 on');
    if (strategy.size !== undefined && typeof strategy.size !== 'function') throw new TypeError('size is a function');
    this.sizeOf = strategy.size === undefined ? () => 1 : (chunk) => strategy.size(chunk);
  }
  measure(chunk) {
    const size = +this.sizeOf(chunk);
    if (!(size >= 0 && size < Infinity)) throw new RangeError('the size of a chunk is a finite number from 0 on');
    return size;
  }
  push(item, size) { this.items.push([item, size]); this.total += size; }
  shift() { const [item, size] = this.items.shift(); this.total = this.items.length ? this.total - size : 0; return item; }
  clear() { this.items = []; this.total = 0; }
}

const method = (from, name) => {
  const call = from[name];
  if (call === undefined) return undefined;
  if (typeof call !== 'function') throw new TypeError(`${name} is a function`);
  return call.bind(from);
};
// A promise with its ends; nobody has to listen to it.
const open = () => {
  const ends = {};
  ends.promise = new Promise((resolve, reject) => Object.assign(ends, { resolve, reject }));
  ends.promise.catch(() => {});
  return ends;
};
const tryNow = (call, ...args) => { try { return Promise.resolve(call?.(...args)); } catch (error) { return Promise.reject(error); } };

// ---- reading

class ReadableStreamDefaultController {
  #stream;
  constructor(stream) { this.#stream = stream; }
  get desiredSize() { return this.#stream.desired(); }
  enqueue(chunk) { this.#stream.enqueue(chunk); }
  close() { this.#stream.finish(); }
  error(reason) { this.#stream.fail(reason); }
}

// The inside of a readable stream; scripts never hold it.
class Readable {
  state = 'readable';
  reader = null;
  error = undefined;
  closing = false;
  started = false;
  pulling = false;
  again = false;
  requests = [];
  constructor(source, strategy) {
    this.queue = new Queue(strategy);
    this.controller = new ReadableStreamDefaultController(this);
    this.onPull = method(source, 'pull');
    this.onCancel = method(source, 'cancel');
    const begun = method(source, 'start')?.(this.controller);
    Promise.resolve(begun).then(() => { this.started = true; this.pull(); }, (error) => this.fail(error));
  }
  desired() {
    if (this.state === 'errored') return null;
    return this.state === 'closed' ? 0 : this.queue.limit - this.queue.total;
  }
  enqueue(chunk) {
    if (this.closing || this.state !== 'readable') throw new TypeError('the stream takes no more chunks: it is closed');
    if (this.requests.length) this.requests.shift().resolve({ value: chunk, done: false });
    else {
      let size;
      try { size = this.queue.measure(chunk); } catch (error) { this.fail(error); throw error; }
      this.queue.push(chunk, size);
    }
    this.pull();
  }
  finish() {
    if (this.closing || this.state !== 'readable') throw new TypeError('the stream is closed already');
    this.closing = true;
    if (!this.queue.items.length) this.shut();
  }
  shut() {
    this.state = 'closed';
    for (const each of this.requests.splice(0)) each.resolve({ value: undefined, done: true });
    this.reader?.ends.resolve();
  }
  fail(error) {
    if (this.state !== 'readable') return;
    this.state = 'errored';
    this.error = error;
    this.queue.clear();
    for (const each of this.requests.splice(0)) each.reject(error);
    this.reader?.ends.reject(error);
  }
  pull() {
    if (!this.started || this.closing || this.state !== 'readable' || !(this.requests.length || this.desired() > 0)) return;
    if (this.pulling) { this.again = true; return; }
    if (this.onPull === undefined) return;
    this.pulling = true;
    tryNow(this.onPull, this.controller).then(() => {
      this.pulling = false;
      if (this.again) { this.again = false; this.pull(); }
    }, (error) => this.fail(error));
  }
  read() {
    if (this.state === 'errored') return Promise.reject(this.error);
    if (this.queue.items.length) {
      const value = this.queue.shift();
      if (this.closing && !this.queue.items.length) this.shut(); else this.pull();
      return Promise.resolve({ value, done: false });
    }
    if (this.state === 'closed') return Promise.resolve({ value: undefined, done: true });
    const request = open();
    this.requests.push(request);
    this.pull();
    return request.promise;
  }
  cancel(reason) {
    if (this.state === 'errored') return Promise.reject(this.error);
    if (this.state === 'closed') return Promise.resolve();
    this.queue.clear();
    this.shut();
    return tryNow(this.onCancel, reason).then(() => undefined);
  }
}

const insides = new WeakMap();
const inside = (stream) => {
  const found = insides.get(stream);
  if (found === undefined) throw new TypeError('this needs a stream');
  return found;
};

class ReadableStream {
  constructor(source = {}, strategy = {}) {
    if (source === null || typeof source !== 'object') throw new TypeError('the source of a stream is an object');
    if (source.type !== undefined) throw new RangeError(`streams of the type ${source.type} are not supported`);
    insides.set(this, new Readable(source, strategy));
  }
  get locked() { return inside(this).reader !== null; }
  getReader(options) {
    if (options?.mode !== undefined) throw new TypeError(`readers of the mode ${options.mode} are not supported`);
    return new ReadableStreamDefaultReader(this);
  }
  cancel(reason) { return this.locked ? Promise.reject(new TypeError('the stream is locked to a reader')) : inside(this).cancel(reason); }
  async *values() {
    const reader = this.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        yield value;
      }
    } finally {
      reader.cancel().catch(() => {});
      reader.releaseLock();
    }
  }
  [Symbol.asyncIterator]() { return this.values(); }
}

class ReadableStreamDefaultReader {
  #of;
  #own = { ends: open() };
  constructor(stream) {
    const of = inside(stream);
    if (of.reader !== null) throw new TypeError('the stream is locked to a reader already');
    this.#of = of;
    of.reader = this.#own;
    if (of.state === 'closed') this.#own.ends.resolve();
    if (of.state === 'errored') this.#own.ends.reject(of.error);
  }
  get closed() { return this.#own.ends.promise; }
  read() { return this.#of === null ? Promise.reject(new TypeError('the reader was released')) : this.#of.read(); }
  cancel(reason) { return this.#of === null ? Promise.reject(new TypeError('the reader was released')) : this.#of.cancel(reason); }
  releaseLock() {
    const of = this.#of;
    if (of === null) return;
    this.#of = null;
    of.reader = null;
    const gone = new TypeError('the reader was released');
    this.#own.ends.reject(gone);
    this.#own = { ends: open() };
    this.#own.ends.reject(gone);
    for (const each of of.requests.splice(0)) each.reject(gone);
  }
}

// ---- writing

class WritableStreamDefaultController {
  #stream;
  constructor(stream) { this.#stream = stream; }
  error(reason) { this.#stream.fail(reason); }
}

class Writable {
  state = 'writable';
  writer = null;
  error = undefined;
  started = false;
  busy = false;
  closing = false;
  ready = open();
  closed = open();
  constructor(sink, strategy) {
    this.queue = new Queue(strategy);
    this.controller = new WritableStreamDefaultController(this);
    this.onWrite = method(sink, 'write');
    this.onClose = method(sink, 'close');
    this.onAbort = method(sink, 'abort');
    const begun = method(sink, 'start')?.(this.controller);
    this.settle();
    Promise.resolve(begun).then(() => { this.started = true; this.advance(); }, (error) => this.fail(error));
  }
  desired() {
    if (this.state === 'errored') return null;
    return this.state === 'closed' ? 0 : this.queue.limit - this.queue.total;
  }
  // Whether writers should wait changed, perhaps.
  settle() {
    const full = this.state === 'writable' && !this.closing && this.desired() <= 0;
    if (!full) { this.ready.resolve(); this.ready.done = true; }
    else if (this.ready.done) this.ready = open();
  }
  refused() {
    if (this.state === 'errored') return this.error;
    if (this.closing || this.state === 'closed') return new TypeError('the stream is closed');
    return null;
  }
  write(chunk) {
    let size;
    try { size = this.queue.measure(chunk); } catch (error) { this.fail(error); }
    const no = this.refused();
    if (no !== null) return Promise.reject(no);
    const ends = open();
    this.queue.push({ chunk, ends }, size);
    this.settle();
    this.advance();
    return ends.promise;
  }
  close() {
    const no = this.refused();
    if (no !== null) return Promise.reject(no);
    this.closing = true;
    this.settle();
    this.advance();
    return this.closed.promise;
  }
  advance() {
    if (!this.started || this.busy || this.state !== 'writable') return;
    if (this.queue.items.length) {
      this.busy = true;
      // Counted until it is written.
      const { chunk, ends } = this.queue.items[0][0];
      tryNow(this.onWrite, chunk, this.controller).then(() => {
        this.busy = false;
        ends.resolve();
        if (this.state !== 'writable') return;
        this.queue.shift();
        this.settle();
        this.advance();
      }, (error) => { this.busy = false; ends.reject(error); this.fail(error); });
    } else if (this.closing) {
      this.busy = true;
      tryNow(this.onClose).then(() => {
        this.busy = false;
        if (this.state !== 'writable') return;
        this.state = 'closed';
        this.closed.resolve();
      }, (error) => { this.busy = false; this.fail(error); });
    }
  }
  fail(error) {
    if (this.state !== 'writable') return;
    this.state = 'errored';
    this.error = error;
    for (const [{ ends }] of this.queue.items.slice(this.busy && !this.closing ? 1 : 0)) ends.reject(error);
    this.queue.clear();
    this.ready.reject(error);
    if (this.ready.done) { this.ready = open(); this.ready.reject(error); }
    this.closed.reject(error);
  }
  abort(reason) {
    if (this.state !== 'writable') return Promise.resolve();
    this.fail(reason ?? new TypeError('the stream was aborted'));
    return tryNow(this.onAbort, reason).then(() => undefined);
  }
}

class WritableStream {
  constructor(sink = {}, strategy = {}) {
    if (sink === null || typeof sink !== 'object') throw new TypeError('the sink of a stream is an object');
    if (sink.type !== undefined) throw new RangeError('sinks have no type');
    insides.set(this, new Writable(sink, strategy));
  }
  get locked() { return inside(this).writer !== null; }
  getWriter() { return new WritableStreamDefaultWriter(this); }
  #free(call) { return this.locked ? Promise.reject(new TypeError('the stream is locked to a writer')) : call(inside(this)); }
  abort(reason) { return this.#free((of) => of.abort(reason)); }
  close() { return this.#free((of) => of.close()); }
}

class WritableStreamDefaultWriter {
  #of;
  #gone = null;
  constructor(stream) {
    const of = inside(stream);
    if (of.writer !== null) throw new TypeError('the stream is locked to a writer already');
    this.#of = of;
    of.writer = this;
  }
  #use(call) { return this.#of === null ? Promise.reject(this.#gone) : call(this.#of); }
  get closed() { return this.#use((of) => of.closed.promise); }
  get ready() { return this.#use((of) => of.ready.promise); }
  get desiredSize() {
    if (this.#of === null) throw this.#gone;
    return this.#of.desired();
  }
  write(chunk) { return this.#use((of) => of.write(chunk)); }
  close() { return this.#use((of) => of.close()); }
  abort(reason) { return this.#use((of) => of.abort(reason)); }
  releaseLock() {
    if (this.#of === null) return;
    this.#of.writer = null;
    this.#of = null;
    this.#gone = new TypeError('the writer was released');
  }
}

Object.assign(exports, {
  ReadableStream, ReadableStreamDefaultReader, ReadableStreamDefaultController,
  WritableStream, WritableStreamDefaultWriter, WritableStreamDefaultController,
  CountQueuingStrategy, ByteLengthQueuingStrategy,
});
