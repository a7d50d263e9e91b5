// Timers by import.
exports.default = { setTimeout, setInterval, clearTimeout, clearInterval, setImmediate, clearImmediate };
