exports.default = core.part('modules')(0, 'dotenv').default.config();
