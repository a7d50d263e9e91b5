// uuid.
const HEX = /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|0{8}-0{4}-0{4}-0{4}-0{12})$/i;
const bytesOf = (id) => Uint8Array.from(id.replace(/-/g, '').match(/../g), (pair) => parseInt(pair, 16));
const shown = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
const named = (algorithm, version) => Object.assign((name, space) => {
  const bytes = new Uint8Array(host.hash(algorithm, null, [typeof space === 'string' ? bytesOf(space) : Uint8Array.from(space), name])).slice(0, 16);
  bytes[6] = (bytes[6] & 15) | (version << 4);
  bytes[8] = (bytes[8] & 63) | 128;
  return shown(bytes);
}, { DNS: '6ba7b810-9dad-11d1-80b4-00c04fd430c8', URL: '6ba7b811-9dad-11d1-80b4-00c04fd430c8' });
const timed = (version) => () => {
  const bytes = new Uint8Array(host.random(16));
  if (version === 7) { let time = Date.now(); for (let i = 5; i >= 0; i--) { bytes[i] = time % 256; time = Math.floor(time / 256); } }
  bytes[6] = (bytes[6] & 15) | (version << 4);
  bytes[8] = (bytes[8] & 63) | 128;
  return shown(bytes);
};
exports.default = {
  v4: () => host.uuid(), v1: timed(1), v6: timed(6), v7: timed(7), v3: named('md5', 3), v5: named('sha1', 5),
  NIL: '00000000-0000-0000-0000-000000000000', MAX: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  validate: (id) => typeof id === 'string' && HEX.test(id), version: (id) => parseInt(id[14], 16), parse: bytesOf, stringify: shown,
};
