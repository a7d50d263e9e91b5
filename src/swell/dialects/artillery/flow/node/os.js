// The machine.
const facts = host.facts();
exports.default = {
  EOL: '\n', platform: () => facts.platform, arch: () => facts.arch, hostname: () => facts.hostname, type: () => 'Linux', release: () => facts.release,
  cpus: () => Array.from({ length: facts.cpus }, () => ({ model: '', speed: 0, times: {} })), tmpdir: () => '/tmp', homedir: () => host.env().HOME ?? '/',
  totalmem: () => 0, freemem: () => 0, loadavg: () => [0, 0, 0], uptime: () => host.now() / 1000, networkInterfaces: () => ({}), userInfo: () => ({ username: host.env().USER ?? '' }),
};
