// The process: environment, arguments, time.
const facts = host.facts(), env = host.env();
const started = host.now();
const process = {
  env: new Proxy(env, {
    set: (_, name, value) => { env[name] = `${value}`; host.setEnv(name, env[name]); return true; },
    deleteProperty: (_, name) => { delete env[name]; host.setEnv(name, null); return true; },
  }),
  argv: ['node', 'artillery'], execArgv: [], exitCode: undefined, title: 'artillery',
  platform: facts.platform, arch: facts.arch, pid: facts.pid, ppid: 1,
  version: 'v20.0.0', versions: { node: '20.0.0' }, release: { name: 'node' },
  cwd: () => host.cwd(), chdir() {}, umask: () => 18,
  exit: (code) => host.exit(code ?? 0), abort: () => host.exit(1),
  nextTick: (f, ...args) => queueMicrotask(() => f(...args)),
  hrtime: Object.assign((since) => {
    const now = host.now(), time = [Math.floor(now / 1000), Math.round((now % 1000) * 1e6)];
    if (!since) return time;
    let s = time[0] - since[0], n = time[1] - since[1];
    if (n < 0) { s -= 1; n += 1e9; }
    return [s, n];
  }, { bigint: () => BigInt(Math.round(host.now() * 1e6)) }),
  uptime: () => (host.now() - started) / 1000,
  memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0 }), cpuUsage: () => ({ user: 0, system: 0 }),
  on: () => process, once: () => process, off: () => process, emit: () => false, removeListener: () => process, removeAllListeners: () => process,
  emitWarning: (text) => console.warn(`${text}`),
  stdout: { write: (text) => { host.write(`${text}`, false); return true; }, isTTY: false, columns: 80, on() {} },
  stderr: { write: (text) => { host.write(`${text}`, true); return true; }, isTTY: false, columns: 80, on() {} },
  stdin: { on() {}, isTTY: false },
};
exports.default = process;
