/*
 * 1. API health check: baseline performance of the health endpoint.
 *
 *   k6 run health-check.js                              1,000 requests a second for a minute
 *   k6 run --vus 1 --duration 30s health-check.js       smoke; see README.md for the other profiles
 */
import http from 'k6/http';
import { check } from 'k6';
import { API_URL, below, field, params, requireHealth, think } from './lib.js';

export const options = {
  scenarios: {
    health: {
      executor: 'constant-arrival-rate',
      rate: 1000,
      timeUnit: '1s',
      duration: '1m',
      preAllocatedVUs: 50,
      maxVUs: 200,
    },
  },
  thresholds: {
    // Of the 1,000 requests a second at most one in a hundred may not have been sent in time.
    dropped_iterations: ['rate<10'],
    'http_req_duration{endpoint:GET /health}': [below('p(95)', 50)],
    http_req_failed: ['rate<0.001'],
    checks: ['rate>0.999'],
  },
};

export const setup = requireHealth;

export default function () {
  const response = http.get(`${API_URL}/health`, params('GET /health'));
  check(response, {
    'is healthy': (r) => field(r, 'status') === 'ok',
    'database and queue are up': (r) => field(r, 'database.up') === true && field(r, 'queue.up') === true,
  });
  think(0.1);
}
