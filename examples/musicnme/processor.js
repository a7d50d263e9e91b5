/*
 * What the scenarios need beside their steps: test data, a log of errors, metrics of our own.
 */
'use strict';

const SCHOOLS = 3;
const TEACHERS = 10; // of each school
const PARENTS = 150;
const PASSWORD = 'load-test'; // of every seeded account
const FIRST_NAMES = ['Alba', 'Carla', 'Dev', 'Fay', 'Hana', 'June', 'Kai', 'Lena', 'Nora', 'Ravi'];
const LAST_NAMES = ['Arden', 'Cho', 'Dunn', 'Ellis', 'Frey', 'Hart', 'Ito', 'Kerr', 'Lowe', 'Moss'];
const MOST_LOGGED = 20; // errors that a process writes out; the metrics count all

let logged = 0;

function between(first, last) {
  return first + Math.floor(Math.random() * (last - first + 1));
}

function pick(list) {
  return list[between(0, list.length - 1)];
}

/** Random accounts of one school, names, ids, and times of this month. Works as a step and as beforeScenario. */
function generateRandomData(context, events, done) {
  const school = between(1, SCHOOLS);
  const parent = between(1, PARENTS);
  const other = 1 + ((parent + between(0, PARENTS - 2)) % PARENTS); // never the same
  const account = (name) => `${name}@school-${school}.musicnme.test`;
  const day = new Date();
  // Every month has these days; what happens in the last minute of one may see the next.
  day.setUTCDate(between(1, 28));
  day.setUTCHours(between(8, 18), 15 * between(0, 3), 0, 0);
  const later = new Date(Date.now() + between(20, 60) * 24 * 3600 * 1000);
  later.setUTCHours(between(9, 18), 0, 0, 0);

  Object.assign(context.vars, {
    password: PASSWORD,
    school: `school-${school}`,
    adminEmail: account('admin'),
    teacherEmail: account(`teacher${between(1, TEACHERS)}`),
    parentEmail: account(`parent${parent}`),
    otherParentEmail: account(`parent${other}`),
    randomId: `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 12)}`,
    firstName: pick(FIRST_NAMES),
    lastName: pick(LAST_NAMES),
    day: day.toISOString().slice(0, 10),
    newStart: day.toISOString(),
    laterStart: later.toISOString(),
    attendance: pick(['present', 'present', 'present', 'late', 'absent']),
    bookingId: 0,
  });
  context.vars.randomEmail = `load-${context.vars.randomId}@example.test`;
  return done();
}

/** Write out answers that should not be; a 409 is the booking rules at work. */
function logResponse(requestParams, response, context, events, next) {
  const status = response.statusCode;
  if (status >= 400 && status !== 409 && logged < MOST_LOGGED) {
    logged += 1;
    console.log(`HTTP ${status}: ${requestParams.method || ''} ${requestParams.url} ${String(response.body).slice(0, 200)}`);
  }
  return next();
}

/** Count failed requests and conflicts apart, bookings sold, and the events of a month. */
function trackCustomMetrics(requestParams, response, context, events, next) {
  const status = response.statusCode;
  // Counted with 0 too, so that a check of these never finds nothing.
  events.emit('counter', 'app.failed', status >= 400 && status !== 409 ? 1 : 0);
  events.emit('counter', 'app.conflicts', status === 409 ? 1 : 0);
  const url = String(requestParams.url);
  if (url.endsWith('/api/hybrid/bookings') && requestParams.json) {
    events.emit('counter', 'hybrid.wished', 1);
    events.emit('counter', 'hybrid.booked', status === 200 ? 1 : 0);
  }
  const total = /"total":(\d+)/.exec(String(response.body).slice(0, 200));
  if (status === 200 && total && url.includes('/api/calendar/events?view=month')) {
    events.emit('histogram', 'calendar.month_events', Number(total[1]));
  }
  return next();
}

module.exports = { generateRandomData, logResponse, trackCustomMetrics };
