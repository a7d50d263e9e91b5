/*
 * 5. Full system: a hundred users who schedule calls, retry failed ones and look at the dashboard.
 *
 *   k6 run full-system.js                               up to 100 users in 30 s, two minutes of them, and down again
 *   k6 run --vus 1 --duration 30s full-system.js        smoke; see README.md for the other profiles
 */
import http from 'k6/http';
import { check, group, sleep } from 'k6';
import { Counter, Trend } from 'k6/metrics';
import { API_URL, below, field, jsonParams, params, requireHealth, scheduleCall } from './lib.js';

const queueDepth = new Trend('queue_depth');
const callsScheduled = new Counter('calls_scheduled');
const callsRetried = new Counter('calls_retried');

export const options = {
  scenarios: {
    users: {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: [
        { duration: '30s', target: 100 },
        { duration: '2m', target: 100 },
        { duration: '30s', target: 0 },
      ],
    },
  },
  thresholds: {
    http_req_duration: [below('p(95)', 1000)],
    'http_req_duration{endpoint:POST /calls}': [below('p(95)', 1000)],
    'http_req_duration{endpoint:POST /calls/:id/retry}': [below('p(95)', 1000)],
    'http_req_duration{endpoint:GET /analytics/dashboard}': [below('p(95)', 1000)],
    queue_depth: ['max<1000'],
    http_req_failed: ['rate<0.02'],
    checks: ['rate>0.98'],
  },
};

export const setup = requireHealth;

function schedule() {
  const response = scheduleCall();
  if (!check(response, { 'call is queued': (r) => r.status === 201 })) {
    return;
  }
  callsScheduled.add(1);
  queueDepth.add(field(response, 'queueDepth'));
  sleep(1);
  const call = http.get(`${API_URL}/api/v1/calls/${field(response, 'callId')}`, params('GET /calls/:id'));
  check(call, { 'call is known': (r) => ['queued', 'active', 'completed', 'failed'].includes(field(r, 'status')) });
}

function retry() {
  const listed = http.get(`${API_URL}/api/v1/calls?status=failed`, params('GET /calls'));
  check(listed, { 'failed calls are listed': (r) => r.status === 200 });
  const calls = field(listed, 'calls') || [];
  if (calls.length === 0) {
    return;
  }
  const { callId } = calls[Math.floor(Math.random() * calls.length)];
  // Another user may have been faster: 409 is an answer, not a failure.
  const expected = { responseCallback: http.expectedStatuses(202, 409) };
  const url = `${API_URL}/api/v1/calls/${callId}/retry`;
  const response = http.post(url, null, jsonParams('POST /calls/:id/retry', expected));
  check(response, { 'retry is answered': (r) => r.status === 202 || r.status === 409 });
  if (response.status === 202) {
    callsRetried.add(1);
    queueDepth.add(field(response, 'queueDepth'));
  }
}

function analytics() {
  const dashboard = http.get(`${API_URL}/api/v1/analytics/dashboard?range=24h`, params('GET /analytics/dashboard'));
  check(dashboard, { 'dashboard has calls': (r) => field(r, 'calls') > 0 });
  const queue = http.get(`${API_URL}/api/v1/queue`, params('GET /queue'));
  if (check(queue, { 'queue tells its depth': (r) => field(r, 'depth') >= 0 })) {
    queueDepth.add(field(queue, 'depth'));
  }
}

// Of ten things that users do, five are scheduling, two retrying, three looking.
export default function () {
  const what = Math.random();
  if (what < 0.5) {
    group('schedule', schedule);
  } else if (what < 0.7) {
    group('retry', retry);
  } else {
    group('analytics', analytics);
  }
  sleep(1 + Math.random());
}
