/*
 * YWMESSAGING load tests: registration, messages, conversations, analytics.
 *
 *   k6 run --vus 1 --iterations 5 backend/scripts/loadtest.k6.js      smoke
 *   k6 run --scenario load backend/scripts/loadtest.k6.js             one of: smoke, load, spike, soak, conversation
 *
 * BASE_URL     the API, http://localhost:3000 by default
 * CHURCH_ID    register the test's users with this church; by default each founds its own
 * ADMIN_TOKEN  clean up afterwards what the test has made
 * SCENARIO     the same as --scenario, for runners that do not know that option
 */
import http from 'k6/http';
import exec from 'k6/execution';
import { check, group, sleep } from 'k6';
import { Counter, Trend } from 'k6/metrics';

const BASE_URL = (__ENV.BASE_URL || 'http://localhost:3000').replace(/\/+$/, '');
const CHURCH_ID = __ENV.CHURCH_ID;
const ADMIN_TOKEN = __ENV.ADMIN_TOKEN;
const SCENARIO = __ENV.SCENARIO;
const PASSWORD = 'Load-test-2025';

const authSuccesses = new Counter('auth_successes');
const authFailures = new Counter('auth_failures');
const messageSendDuration = new Trend('message_send_duration', true);
const conversationFetchDuration = new Trend('conversation_fetch_duration', true);
const analyticsDuration = new Trend('analytics_duration', true);
const apiErrors = new Counter('api_errors');
const successfulRequests = new Counter('successful_requests');

const scenarios = {
  smoke: {
    executor: 'per-vu-iterations',
    vus: 1,
    iterations: 5,
    maxDuration: '1m',
  },
  load: {
    executor: 'ramping-vus',
    startVUs: 0,
    stages: [
      { duration: '15s', target: 10 },
      { duration: '20s', target: 10 },
      { duration: '15s', target: 0 },
    ],
  },
  spike: {
    executor: 'ramping-vus',
    startVUs: 1,
    stages: [
      { duration: '5s', target: 50 },
      { duration: '10s', target: 50 },
      { duration: '15s', target: 0 },
    ],
    tags: { load: 'spike' },
  },
  soak: {
    executor: 'constant-vus',
    vus: 5,
    duration: '5m',
  },
  conversation: {
    executor: 'ramping-vus',
    exec: 'conversation',
    startVUs: 0,
    stages: [
      { duration: '15s', target: 20 },
      { duration: '30s', target: 20 },
      { duration: '10s', target: 0 },
    ],
  },
};

export const options = {
  scenarios: SCENARIO ? { [SCENARIO]: scenarios[SCENARIO] } : scenarios,
  // During a spike requests may wait (up to 5 s) and one in twenty may fail; at all other times not.
  tags: { load: 'steady' },
  thresholds: {
    'http_req_duration{load:steady}': ['p(95)<500', 'p(99)<1000'],
    'http_req_duration{load:spike}': ['p(95)<5000'],
    'http_req_failed{load:steady}': ['rate<0.01'],
    'http_req_failed{load:spike}': ['rate<0.05'],
    'checks{load:steady}': ['rate>0.99'],
    'checks{load:spike}': ['rate>0.95'],
    'http_req_duration{endpoint:auth}': ['p(95)<1000'],
    'http_req_duration{endpoint:message}': ['p(95)<2000'],
    'http_req_duration{endpoint:conversations}': ['p(95)<1000'],
    'http_req_duration{endpoint:conversation}': ['p(95)<1000'],
    'http_req_duration{endpoint:analytics}': ['p(95)<1000'],
    message_send_duration: ['p(95)<2000'],
    conversation_fetch_duration: ['p(95)<1000'],
    analytics_duration: ['p(95)<1000'],
  },
};

export function setup() {
  const health = http.get(`${BASE_URL}/api/health`, { tags: { endpoint: 'health' } });
  if (health.status !== 200) {
    exec.test.abort(`the API at ${BASE_URL} is not healthy: ${health.status} ${health.error || health.body}`);
  }
}

// Each VU is one user, who registers once and stays signed in.
let token = null;
let church = null;

function params(endpoint, name) {
  const headers = { 'Content-Type': 'application/json' };
  if (token) {
    headers.Authorization = `Bearer ${token}`;
  }
  return { headers, tags: { endpoint, name: name || endpoint } };
}

function count(response) {
  if (response.status >= 400 || response.status === 0) {
    apiErrors.add(1);
  } else {
    successfulRequests.add(1);
  }
  return response;
}

function signIn() {
  if (token) {
    return true;
  }
  const email = `user-${exec.vu.idInTest}-${Date.now()}-${Math.floor(Math.random() * 1e9)}@loadtest.example`;
  const registration = { email, password: PASSWORD, firstName: 'Load', lastName: 'Test', churchName: 'Load test' };
  if (CHURCH_ID) {
    registration.churchId = CHURCH_ID;
  }
  const registered = count(
    http.post(`${BASE_URL}/auth/register`, JSON.stringify(registration), params('auth', '/auth/register')),
  );
  const loggedIn = count(
    http.post(`${BASE_URL}/auth/login`, JSON.stringify({ email, password: PASSWORD }), params('auth', '/auth/login')),
  );
  const good = check(registered, { 'registered': (r) => r.status === 201 })
    && check(loggedIn, { 'logged in': (r) => r.status === 200 && r.json('accessToken') !== undefined });
  if (good) {
    authSuccesses.add(1);
    token = loggedIn.json('accessToken');
    church = loggedIn.json('church.id');
  } else {
    authFailures.add(1);
  }
  return good;
}

function me() {
  const response = count(http.get(`${BASE_URL}/auth/me`, params('auth', '/auth/me')));
  check(response, { 'the token works': (r) => r.status === 200 && r.json('church.id') === church });
}

function sendMessage() {
  const body = JSON.stringify({ content: `See you on Sunday! ${exec.vu.iterationInInstance}` });
  const response = count(http.post(`${BASE_URL}/messages/send`, body, params('message', '/messages/send')));
  messageSendDuration.add(response.timings.duration);
  check(response, { 'message queued': (r) => r.status === 201 && r.json('recipients') > 0 });
}

function listConversations() {
  const response = count(
    http.get(`${BASE_URL}/messages/conversations?page=1`, params('conversations', '/messages/conversations')),
  );
  conversationFetchDuration.add(response.timings.duration);
  const listed = response.status === 200 ? response.json('conversations') : [];
  check(response, {
    'conversations listed': (r) => r.status === 200,
    'only our church': () => listed.every((one) => one.churchId === church),
  });
  return listed;
}

function fetchConversation(id) {
  const response = count(
    http.get(`${BASE_URL}/messages/conversations/${id}`, params('conversation', '/messages/conversations/:id')),
  );
  check(response, { 'conversation has messages': (r) => r.status === 200 && r.json('messages.#') > 0 });
}

function reply(id) {
  const url = `${BASE_URL}/messages/conversations/${id}/reply`;
  const response = count(
    http.post(url, JSON.stringify({ content: 'Thank you!' }), params('message', '/messages/conversations/:id/reply')),
  );
  messageSendDuration.add(response.timings.duration);
  check(response, { 'reply queued': (r) => r.status === 201 });
}

function markRead(id) {
  const url = `${BASE_URL}/messages/conversations/${id}/read`;
  const response = count(http.patch(url, null, params('conversation', '/messages/conversations/:id/read')));
  check(response, { 'marked as read': (r) => r.status === 200 && r.json('unread') === 0 });
}

function analytics() {
  const response = count(http.get(`${BASE_URL}/analytics/summary`, params('analytics', '/analytics/summary')));
  analyticsDuration.add(response.timings.duration);
  check(response, { 'summary counts messages': (r) => r.status === 200 && r.json('messages') > 0 });
}

export default function () {
  if (!signIn()) {
    sleep(1);
    return;
  }
  group('account', me);
  group('messages', sendMessage);
  group('conversations', () => {
    const listed = listConversations();
    if (listed.length > 0) {
      fetchConversation(listed[0].id);
    }
  });
  group('analytics', analytics);
  sleep(1);
}

export function conversation() {
  if (!signIn()) {
    sleep(1);
    return;
  }
  let listed = listConversations();
  if (listed.length === 0) {
    sendMessage();
    listed = listConversations();
  }
  if (listed.length > 0) {
    const { id } = listed[Math.floor(Math.random() * listed.length)];
    fetchConversation(id);
    reply(id);
    markRead(id);
  }
  sleep(0.5);
}

export function teardown() {
  if (!ADMIN_TOKEN) {
    return;
  }
  const response = http.del(`${BASE_URL}/admin/cleanup-test-data`, null, {
    headers: { Authorization: `Bearer ${ADMIN_TOKEN}` },
    tags: { endpoint: 'admin' },
  });
  check(response, { 'cleaned up': (r) => r.status === 200 });
}
