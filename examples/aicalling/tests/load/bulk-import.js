/*
 * 2. Bulk import: CSV files of 1,000 rows, uploaded by ten at a time and followed until all rows are imported.
 *
 *   k6 run bulk-import.js                               10 uploaders with two files each: an hour's imports at once
 *   k6 run --vus 1 --duration 30s bulk-import.js        smoke; see README.md for the other profiles
 *
 * ROWS  rows of a file, 1000 by default
 */
import http from 'k6/http';
import { check, fail, sleep } from 'k6';
import { Counter, Rate, Trend } from 'k6/metrics';
import { API_URL, below, field, params, phoneNumber, requireHealth } from './lib.js';

const ROWS = Number(__ENV.ROWS || 1000);
const LIMIT = 60; // seconds for 1,000 rows
const GIVE_UP = LIMIT * 2;

const processingTime = new Trend('import_processing_time', true);
const importsFailed = new Rate('import_failed');
const rowsImported = new Counter('rows_imported');

export const options = {
  scenarios: {
    uploads: {
      executor: 'per-vu-iterations',
      vus: 10,
      iterations: 2,
      maxDuration: '10m',
    },
  },
  thresholds: {
    import_processing_time: [below('max', LIMIT * 1000)],
    import_failed: ['rate<0.01'],
    'http_req_duration{endpoint:POST /imports}': [below('p(95)', 5000)],
    http_req_failed: ['rate<0.01'],
    checks: ['rate>0.99'],
  },
};

export const setup = requireHealth;

function csvFile() {
  const lines = ['name,phone'];
  for (let row = 1; row <= ROWS; row += 1) {
    lines.push(`"Contact ${row}, load test",${phoneNumber()}`);
  }
  return lines.join('\n');
}

function followed(id) {
  const begun = Date.now();
  let row;
  do {
    sleep(0.5);
    row = http.get(`${API_URL}/api/v1/imports/${id}`, params('GET /imports/:id'));
    const status = field(row, 'status');
    if (status === 'completed' || status === 'failed') {
      processingTime.add(Date.now() - begun);
      return row;
    }
  } while (Date.now() - begun < GIVE_UP * 1000);
  processingTime.add(Date.now() - begun);
  return row;
}

export default function () {
  const form = { file: http.file(csvFile(), 'contacts.csv', 'text/csv') };
  const taken = http.post(`${API_URL}/api/v1/imports`, form, params('POST /imports'));
  if (!check(taken, { 'file is taken': (r) => r.status === 202 && r.json('total') === ROWS })) {
    importsFailed.add(true);
    sleep(1);
    fail(`upload: ${taken.status} ${taken.error || taken.body}`);
  }
  const done = followed(taken.json('importId'));
  const good = check(done, {
    'import is completed': (r) => field(r, 'status') === 'completed',
    'all rows are contacts': (r) => field(r, 'contacts') === ROWS && field(r, 'rejected') === 0,
  });
  importsFailed.add(!good);
  rowsImported.add(field(done, 'contacts') || 0);
}
