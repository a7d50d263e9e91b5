exports.default = core.part('modules')(0, 'fs').default.promises;
