// Timers as promises.
const wait = (delay, value) => new Promise((resolve) => { setTimeout(() => resolve(value), delay); });
exports.default = { setTimeout: wait, setImmediate: (value) => wait(0, value), scheduler: { wait } };
