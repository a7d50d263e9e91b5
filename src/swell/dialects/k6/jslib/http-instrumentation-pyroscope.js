// http-instrumentation-pyroscope: requests tell a profiler which scenario and which request they belong to, as baggage.
'use strict';
const module = (name) => core.part('modules')(0, name);
const { Wrapped, wrap } = module('swell:jslib/http-instrumentation');

class Client extends Wrapped {
  _headers(url, params) {
    const pairs = { 'k6.scenario': module('k6/execution').default.scenario.name, 'k6.name': params?.tags?.name ?? url?.name ?? url };
    const given = params?.headers?.Baggage ?? params?.headers?.baggage;
    const own = Object.entries(pairs).map(([key, value]) => `${key}=${encodeURIComponent(`${value}`)}`).join(',');
    return { Baggage: given ? `${given},${own}` : own };
  }
}
exports.Client = Client;
exports.instrumentHTTP = () => wrap(new Client());
