/*
 * 4. Call scheduling: throughput, and how deep the queue becomes.
 *
 *   k6 run scheduling-load.js                           50 calls a second for two minutes
 *   k6 run --vus 1 --duration 30s scheduling-load.js    smoke; see README.md for the other profiles
 */
import { check } from 'k6';
import { Counter, Trend } from 'k6/metrics';
import { below, field, requireHealth, scheduleCall, think } from './lib.js';

const queueDepth = new Trend('queue_depth');
const callsScheduled = new Counter('calls_scheduled');

export const options = {
  scenarios: {
    scheduling: {
      executor: 'constant-arrival-rate',
      rate: 50,
      timeUnit: '1s',
      duration: '2m',
      preAllocatedVUs: 20,
      maxVUs: 200,
    },
  },
  thresholds: {
    // Of the 50 calls a second at most one in a hundred may not have been scheduled in time.
    dropped_iterations: ['rate<0.5'],
    'http_req_duration{endpoint:POST /calls}': [below('p(95)', 200)],
    queue_depth: ['max<1000'],
    http_req_failed: ['rate<0.01'],
    checks: ['rate>0.99'],
  },
};

export const setup = requireHealth;

export default function () {
  const response = scheduleCall();
  if (check(response, { 'call is queued': (r) => r.status === 201 && r.json('status') === 'queued' })) {
    callsScheduled.add(1);
    queueDepth.add(field(response, 'queueDepth'));
  }
  think(1);
}
