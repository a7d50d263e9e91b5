// node-fetch and its like: the global fetch.
const all = core.part('modules')(0, 'swell:fetch').default;
exports.default = Object.assign((...args) => all.fetch(...args), all, { default: all.fetch });
