// The client of Redis in the script: one method for each command that k6 has, all of them with promises.
'use strict';
const flat = (values) => values.flat(Infinity);

class Client {
  #number;
  constructor(options) { this.#number = host.client(options); }

  async sendCommand(command, ...args) {
    host.check();
    for (const each of args) if (!['string', 'number', 'boolean'].includes(typeof each)) throw new TypeError(`Redis takes strings, numbers and booleans, not ${each === null ? 'null' : typeof each}`);
    const reply = await host.run(this.#number, [`${command}`, ...args]);
    if (reply === undefined || reply === null) throw new Error('redis: nil');
    return reply;
  }
  async #list(...words) { return (await this.sendCommand(...words)).map((each) => each ?? null); }
  async #truth(...words) { return (await this.sendCommand(...words)) === 1; }

  set(key, value, expiration = 0) { return expiration > 0 ? this.sendCommand('SET', key, value, 'EX', expiration) : this.sendCommand('SET', key, value); }
  get(key) { return this.sendCommand('GET', key); }
  getSet(key, value) { return this.sendCommand('GETSET', key, value); }
  del(...keys) { return this.sendCommand('DEL', ...flat(keys)); }
  getDel(key) { return this.sendCommand('GETDEL', key); }
  exists(...keys) { return this.sendCommand('EXISTS', ...flat(keys)); }
  incr(key) { return this.sendCommand('INCR', key); }
  incrBy(key, by) { return this.sendCommand('INCRBY', key, by); }
  decr(key) { return this.sendCommand('DECR', key); }
  decrBy(key, by) { return this.sendCommand('DECRBY', key, by); }
  randomKey() { return this.sendCommand('RANDOMKEY'); }
  mget(...keys) { return this.#list('MGET', ...flat(keys)); }
  expire(key, seconds) { return this.#truth('EXPIRE', key, seconds); }
  ttl(key) { return this.sendCommand('TTL', key); }
  persist(key) { return this.#truth('PERSIST', key); }

  lpush(key, ...values) { return this.sendCommand('LPUSH', key, ...flat(values)); }
  rpush(key, ...values) { return this.sendCommand('RPUSH', key, ...flat(values)); }
  lpop(key) { return this.sendCommand('LPOP', key); }
  rpop(key) { return this.sendCommand('RPOP', key); }
  lrange(key, start, stop) { return this.#list('LRANGE', key, start, stop); }
  lindex(key, index) { return this.sendCommand('LINDEX', key, index); }
  lset(key, index, element) { return this.sendCommand('LSET', key, index, element); }
  lrem(key, count, value) { return this.sendCommand('LREM', key, count, value); }
  llen(key) { return this.sendCommand('LLEN', key); }

  hset(key, field, value) { return this.sendCommand('HSET', key, field, value); }
  hsetnx(key, field, value) { return this.#truth('HSETNX', key, field, value); }
  hget(key, field) { return this.sendCommand('HGET', key, field); }
  hdel(key, ...fields) { return this.sendCommand('HDEL', key, ...flat(fields)); }
  async hgetall(key) {
    const list = await this.#list('HGETALL', key), found = {};
    for (let i = 0; i < list.length; i += 2) found[list[i]] = list[i + 1];
    return found;
  }
  hkeys(key) { return this.#list('HKEYS', key); }
  hvals(key) { return this.#list('HVALS', key); }
  hlen(key) { return this.sendCommand('HLEN', key); }
  hincrby(key, field, by) { return this.sendCommand('HINCRBY', key, field, by); }

  sadd(key, ...members) { return this.sendCommand('SADD', key, ...flat(members)); }
  srem(key, ...members) { return this.sendCommand('SREM', key, ...flat(members)); }
  sismember(key, member) { return this.#truth('SISMEMBER', key, member); }
  smembers(key) { return this.#list('SMEMBERS', key); }
  srandmember(key) { return this.sendCommand('SRANDMEMBER', key); }
  spop(key) { return this.sendCommand('SPOP', key); }
}
exports.Client = Client;
