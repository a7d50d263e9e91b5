// Files, all at once: what processors read are fixtures.
const { Buffer } = core.part('modules')(0, 'buffer').default;
const encodingOf = (options) => (typeof options === 'string' ? options : options && options.encoding);
const call = (f) => {
  try { return f(); } catch (error) {
    const code = /^([A-Z]+):/.exec(error.message);
    if (code) error.code = code[1];
    throw error;
  }
};
const name = (path) => (path && path.href ? path.href : `${path}`);
const stats = (path) => {
  const s = call(() => host.stat(name(path)));
  return { size: s.size, mtimeMs: s.mtimeMs, mtime: new Date(s.mtimeMs), isDirectory: () => s.dir, isFile: () => s.file, isSymbolicLink: () => false };
};
const fs = {
  readFileSync(path, options) {
    const encoding = encodingOf(options);
    if (encoding && /^utf-?8$/i.test(encoding)) return call(() => host.readText(name(path)));
    const data = Buffer.from(call(() => host.read(name(path))));
    return encoding ? data.toString(encoding) : data;
  },
  writeFileSync(path, data) { call(() => host.write(name(path), typeof data === 'string' ? data : Uint8Array.from(data), false)); },
  appendFileSync(path, data) { call(() => host.write(name(path), typeof data === 'string' ? data : Uint8Array.from(data), true)); },
  existsSync: (path) => host.exists(name(path)),
  accessSync(path) { stats(path); },
  readdirSync: (path) => call(() => host.list(name(path))),
  statSync: stats,
  lstatSync: stats,
  mkdirSync(path, options) { call(() => host.make(name(path), !!(options && options.recursive))); },
  unlinkSync(path) { call(() => host.remove(name(path))); },
  rmSync(path) { call(() => host.remove(name(path))); },
  realpathSync: (path) => core.part('modules')(0, 'path').default.resolve(name(path)),
  // In a form this is the file itself; as a stream it gives its content in one piece.
  createReadStream(path, options) {
    const Emitter = core.part('modules')(0, 'events').default, stream = new Emitter();
    setTimeout(() => {
      try {
        const data = fs.readFileSync(path, options);
        stream.emit('open');
        stream.emit('data', data);
        stream.emit('end');
        stream.emit('close');
      } catch (error) { if (stream.listenerCount('error')) stream.emit('error', error); }
    }, 0);
    const methods = { path: name(path), pipe: (target) => { stream.on('data', (d) => target.write(d)); stream.on('end', () => target.end && target.end()); return target; } };
    Object.defineProperty(stream, 'toJSON', { value: () => ({ fromFile: core.part('modules')(0, 'path').default.resolve(name(path)) }), enumerable: false });
    return Object.assign(stream, methods);
  },
  createWriteStream(path) {
    fs.writeFileSync(path, '');
    const stream = { write: (data) => { fs.appendFileSync(path, data); return true; }, end: (data) => { if (data !== undefined) fs.appendFileSync(path, data); }, on: () => stream, once: () => stream };
    return stream;
  },
  constants: { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1 },
};
const promises = {};
for (const each of ['readFile', 'writeFile', 'appendFile', 'access', 'readdir', 'stat', 'lstat', 'mkdir', 'unlink', 'rm', 'realpath']) {
  const sync = fs[`${each}Sync`];
  promises[each] = async (...args) => sync(...args);
  fs[each] = (...args) => {
    const callback = args.pop();
    let value, failed = null;
    try { value = sync(...args); } catch (error) { failed = error; }
    setTimeout(() => callback(failed, value), 0);
  };
}
fs.exists = (path, callback) => setTimeout(() => callback(fs.existsSync(path)), 0);
fs.promises = promises;
exports.default = fs;
