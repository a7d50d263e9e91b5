// uuid/v4 of old versions: the function itself.
exports.default = () => host.uuid();
