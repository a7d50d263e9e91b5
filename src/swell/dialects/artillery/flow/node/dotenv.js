// dotenv.
const process = core.part('modules')(0, 'process').default;
const parse = (text) => {
  const found = {};
  for (const [, name, double, single, plain] of `${text}`.matchAll(/^\s*(?:export\s+)?([\w.-]+)\s*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^#\n]*))/gm)) {
    found[name] = double !== undefined ? double.replace(/\\n/g, '\n').replace(/\\(.)/g, '$1') : single ?? (plain ?? '').trim();
  }
  return found;
};
const config = (options = {}) => {
  const files = [].concat(options.path ?? '.env');
  const parsed = {};
  for (const file of files) {
    if (!host.exists(`${file}`)) return { parsed: {}, error: new Error(`ENOENT: no such file or directory, open '${file}'`) };
    Object.assign(parsed, parse(host.readText(`${file}`)));
  }
  for (const [name, value] of Object.entries(parsed)) if (options.override || process.env[name] === undefined) process.env[name] = value;
  return { parsed };
};
exports.default = { config, parse };
