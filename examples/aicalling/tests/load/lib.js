/*
 * What the five scripts share.
 *
 * API_URL  the platform, http://localhost:3000 by default
 * API_KEY  its key, your-test-api-key by default
 * SLACK    multiplies the limits of all times, for machines slower than the real ones; 1 by default
 */
import http from 'k6/http';
import exec from 'k6/execution';
import { sleep } from 'k6';

export const API_URL = (__ENV.API_URL || 'http://localhost:3000').replace(/\/+$/, '');
const API_KEY = __ENV.API_KEY || 'your-test-api-key';
const SLACK = Number(__ENV.SLACK || 1);

// A threshold for times: below('p(95)', 200) is 'p(95)<200'.
export function below(aggregate, milliseconds) {
  return `${aggregate}<${milliseconds * SLACK}`;
}

export function params(endpoint, more = {}) {
  return { ...more, headers: { 'X-API-Key': API_KEY, ...more.headers }, tags: { endpoint, name: endpoint } };
}

export function jsonParams(endpoint, more = {}) {
  return params(endpoint, { ...more, headers: { 'Content-Type': 'application/json' } });
}

// A field of a JSON answer; undefined if the answer is an error or something else.
export function field(response, selector) {
  return response.status >= 200 && response.status < 300 ? response.json(selector) : undefined;
}

export function requireHealth() {
  const health = http.get(`${API_URL}/health`, params('GET /health'));
  if (health.status === 0 || health.status === 404) {
    exec.test.abort(`no AI Calling Platform at ${API_URL}: ${health.error || health.status}`);
  }
}

// Think time, where users and not a rate make the load (as in the profiles, which come as flags).
export function think(seconds) {
  if (!exec.scenario.executor.endsWith('arrival-rate')) {
    sleep(seconds);
  }
}

export function phoneNumber() {
  return `+1555${String(Math.floor(Math.random() * 1e7)).padStart(7, '0')}`;
}

export function scheduleCall() {
  const body = { phoneNumber: phoneNumber(), agentId: 1 + Math.floor(Math.random() * 20) };
  return http.post(`${API_URL}/api/v1/calls`, JSON.stringify(body), jsonParams('POST /calls'));
}
