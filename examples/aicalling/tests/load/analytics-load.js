/*
 * 3. Analytics dashboard: the queries behind it, a hundred a second.
 *
 *   k6 run analytics-load.js                            100 requests a second for two minutes
 *   k6 run --vus 1 --duration 30s analytics-load.js     smoke; see README.md for the other profiles
 */
import http from 'k6/http';
import { check } from 'k6';
import { API_URL, below, field, params, requireHealth, think } from './lib.js';

export const options = {
  scenarios: {
    dashboard: {
      executor: 'constant-arrival-rate',
      rate: 100,
      timeUnit: '1s',
      duration: '2m',
      preAllocatedVUs: 20,
      maxVUs: 200,
    },
  },
  thresholds: {
    // Of the 100 requests a second at most one in a hundred may not have been sent in time.
    dropped_iterations: ['rate<1'],
    'http_req_duration{endpoint:GET /analytics/dashboard}': [below('p(95)', 500)],
    'http_req_duration{endpoint:GET /analytics/agents}': [below('p(95)', 500)],
    http_req_failed: ['rate<0.005'],
    checks: ['rate>0.995'],
  },
};

export const setup = requireHealth;

const RANGES = ['24h', '7d', '7d', '30d'];

export default function () {
  const range = RANGES[Math.floor(Math.random() * RANGES.length)];
  if (Math.random() < 0.7) {
    const url = `${API_URL}/api/v1/analytics/dashboard?range=${range}`;
    const response = http.get(url, params('GET /analytics/dashboard'));
    check(response, {
      'dashboard has calls': (r) => field(r, 'calls') > 0,
      'dashboard is of the range': (r) => field(r, 'range') === range,
    });
  } else {
    const response = http.get(`${API_URL}/api/v1/analytics/agents?range=${range}`, params('GET /analytics/agents'));
    check(response, { 'agents have figures': (r) => field(r, 'agents.#') > 0 });
  }
  think(0.5);
}
