// jsonwebtoken with secrets (HS256, HS384, HS512); keys need Node.
const { Buffer } = core.part('modules')(0, 'buffer').default;
const ALGORITHMS = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };
const pack = (value) => Buffer.from(JSON.stringify(value)).toString('base64url'), unpack = (text) => JSON.parse(Buffer.from(text, 'base64url').toString());
const UNITS = { s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31557600 };
const seconds = (span) => {
  if (typeof span === 'number') return span;
  const found = /^\s*(-?[\d.]+)\s*(ms|[smhdwy])?/i.exec(span);
  return !found ? 0 : found[2] === 'ms' || !found[2] ? Math.floor(+found[1] / 1000) : Math.floor(+found[1] * UNITS[found[2].toLowerCase()]);
};
const signature = (algorithm, text, secret) => {
  const name = ALGORITHMS[algorithm];
  if (!name) throw new JsonWebTokenError(`${algorithm} needs Node; use HS256, or write this part of the processor in Python (processor: checks.py)`);
  return Buffer.from(host.hash(name, typeof secret === 'string' ? secret : Uint8Array.from(secret), [text])).toString('base64url');
};
class JsonWebTokenError extends Error { constructor(message) { super(message); this.name = 'JsonWebTokenError'; } }
class TokenExpiredError extends JsonWebTokenError { constructor(message, at) { super(message); this.name = 'TokenExpiredError'; this.expiredAt = at; } }
const finish = (make, callback) => {
  if (typeof callback !== 'function') return make();
  let value, failed = null;
  try { value = make(); } catch (error) { failed = error; }
  setTimeout(() => callback(failed, value), 0);
};
const sign = (payload, secret, options = {}, callback) => {
  if (typeof options === 'function') { callback = options; options = {}; }
  return finish(() => {
    const algorithm = options.algorithm ?? 'HS256', header = pack({ alg: algorithm, typ: 'JWT', ...options.header, ...(options.keyid && { kid: options.keyid }) });
    let body = payload;
    if (typeof payload === 'object') {
      const now = payload.iat ?? Math.floor(Date.now() / 1000);
      body = { ...payload, ...(options.noTimestamp ? {} : { iat: now }) };
      if (options.expiresIn !== undefined) body.exp = now + seconds(options.expiresIn);
      if (options.notBefore !== undefined) body.nbf = now + seconds(options.notBefore);
      for (const [name, claim] of [['audience', 'aud'], ['issuer', 'iss'], ['subject', 'sub'], ['jwtid', 'jti']]) if (options[name] !== undefined) body[claim] = options[name];
    }
    const text = `${header}.${typeof body === 'string' ? Buffer.from(body).toString('base64url') : pack(body)}`;
    return `${text}.${signature(algorithm, text, secret)}`;
  }, callback);
};
const decode = (token, options) => {
  try {
    const [header, payload, rest] = `${token}`.split('.');
    return options && options.complete ? { header: unpack(header), payload: unpack(payload), signature: rest } : unpack(payload);
  } catch { return null; }
};
const verify = (token, secret, options, callback) => finish(() => {
  const [header, payload, given] = `${token}`.split('.');
  if (given === undefined) throw new JsonWebTokenError('jwt malformed');
  if (signature(unpack(header).alg, `${header}.${payload}`, secret) !== given) throw new JsonWebTokenError('invalid signature');
  const body = unpack(payload);
  if (body.exp && body.exp <= Date.now() / 1000) throw new TokenExpiredError('jwt expired', new Date(body.exp * 1000));
  return body;
}, typeof options === 'function' ? options : callback);
exports.default = { sign, verify, decode, JsonWebTokenError, TokenExpiredError };
