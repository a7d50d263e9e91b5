// The loop of every comparison: one request, one check, the answer read.
import http from 'k6/http';
import { check } from 'k6';

export default function () {
  const response = http.get(`${__ENV.TARGET}/`);
  check(response, { 'status is 200': (r) => r.status === 200 });
  const data = JSON.parse(response.body);
  if (data.id !== 12345) throw new Error('wrong answer');
}
