// k6-utils: small helpers. Randomness is that of Math.random, so that randomSeed() of k6 makes it repeatable.
'use strict';
const module = (name) => core.part('modules')(0, name);
const whole = (n, what) => { if (!Number.isFinite(+n)) throw new TypeError(`${what} must be a number, not ${n}`); return +n; };

exports.randomIntBetween = function randomIntBetween(min, max) {
  // Bounds that are no numbers give NaN: scripts depend on going on.
  min = Math.ceil(+min);
  max = Math.floor(+max);
  return min + Math.floor(Math.random() * (max - min + 1));
};

exports.randomItem = function randomItem(items) {
  return items[Math.floor(Math.random() * items.length)];
};

exports.randomString = function randomString(length, charset = 'abcdefghijklmnopqrstuvwxyz') {
  let text = '';
  for (let i = whole(length, 'the length'); i > 0; i--) text += charset[Math.floor(Math.random() * charset.length)];
  return text;
};

const HEX = Array.from({ length: 256 }, (_, i) => (i + 256).toString(16).slice(1));
exports.uuidv4 = function uuidv4(secure = false) {
  const bytes = secure ? new Uint8Array(module('k6/crypto').randomBytes(16)) : null;
  let text = '';
  for (let i = 0; i < 16; i++) {
    let byte = bytes ? bytes[i] : Math.floor(Math.random() * 256);
    if (i === 6) byte = (byte & 15) | 64;
    if (i === 8) byte = (byte & 63) | 128;
    text += (i === 4 || i === 6 || i === 8 || i === 10 ? '-' : '') + HEX[byte];
  }
  return text;
};

// The text between two others: the first, or all with `repeat`; null if there is none.
exports.findBetween = function findBetween(content, left, right, repeat = false) {
  const found = [];
  for (let at = 0; ;) {
    const begin = content.indexOf(left, at);
    const end = begin < 0 ? -1 : content.indexOf(right, begin + left.length);
    if (end < 0) break;
    const text = content.slice(begin + left.length, end);
    if (!repeat) return text;
    found.push(text);
    at = end + right.length;
  }
  return found.length ? found : null;
};

// Stages that follow a bell curve between -2 and 2 standard deviations, and back to nothing.
exports.normalDistributionStages = function normalDistributionStages(maxVus, durationSeconds, numberOfStages = 10) {
  const stages = [], steps = numberOfStages + 2;
  let before = 0;
  for (let i = 0; i < steps; i++) {
    const x = numberOfStages ? -2 + (4 * i) / numberOfStages : 0, end = Math.round((durationSeconds * (i + 1)) / steps);
    stages.push({ duration: `${end - before}s`, target: i > numberOfStages ? 0 : Math.round(maxVus * Math.exp((-x * x) / 2)) });
    before = end;
  }
  return stages;
};

const UNITS = { d: 86400000, h: 3600000, m: 60000, s: 1000, ms: 1, us: 0.001, 'µs': 0.001, ns: 1e-6 };
const parseDuration = (exports.parseDuration = function parseDuration(text) {
  if (text === undefined || text === null || text === '') throw new Error('a duration is missing');
  if (typeof text === 'number') return text;
  const parts = [...`${text}`.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ms|us|µs|ns|[dhms])/g)];
  if (!parts.length || parts.map(([part]) => part).join('') !== text) throw new Error(`${text} is no duration such as 1m30s`);
  return parts.reduce((sum, [, n, unit]) => sum + n * UNITS[unit], 0);
});

// Where the running scenario is in its stages.
function staged() {
  const exec = module('k6/execution').default, { name } = exec.scenario, scenario = exec.test.options.scenarios[name];
  if (!scenario) throw new Error(`the scenario ${name} is unknown`);
  if (!scenario.stages || !scenario.stages.length) throw new Error(`the scenario ${name} has no stages: only executors with stages, such as ramping-vus, can tell the current one`);
  return [exec, scenario];
}
function stageOf([exec, scenario]) {
  let left = Date.now() - exec.scenario.startTime;
  const found = scenario.stages.findIndex(({ duration }) => (left -= parseDuration(duration)) < 0);
  return found < 0 ? scenario.stages.length - 1 : found;
}
exports.getCurrentStageIndex = function getCurrentStageIndex() {
  return stageOf(staged());
};
exports.tagWithCurrentStageIndex = function tagWithCurrentStageIndex() {
  const here = staged();
  here[0].vu.metrics.tags.stage = `${stageOf(here)}`;
};
exports.tagWithCurrentStageProfile = function tagWithCurrentStageProfile() {
  const here = staged(), [exec, scenario] = here, index = stageOf(here), { target } = scenario.stages[index];
  const before = index ? scenario.stages[index - 1].target : scenario.startVUs ?? scenario.startRate ?? 0;
  exec.vu.metrics.tags.stage_profile = target > before ? 'ramp-up' : target < before ? 'ramp-down' : 'steady';
};

// check() that also takes promises, as the value and as what a check gives; then it gives a promise itself.
const later = (v) => typeof v === 'object' && v !== null && typeof v.then === 'function';
exports.check = function check(value, sets, tags) {
  if (later(value)) return value.then((v) => check(v, sets, tags));
  const plain = module('k6').check, waiting = [];
  let all = true;
  const note = (name, wanted) => { all = plain(value, { [name]: wanted }, tags) && all; };
  for (const name of Object.keys(sets)) {
    let given = sets[name];
    if (typeof given === 'function') {
      try { given = given(value); } catch (error) { note(name, () => { throw error; }); }
    }
    if (later(given)) waiting.push(given.then((v) => note(name, !!v), (error) => note(name, () => { throw error; })));
    else note(name, !!given);
  }
  return waiting.length ? Promise.all(waiting).then(() => all) : all;
};

// Of old versions.
const header = (response, name) => {
  const key = Object.keys(response.headers).find((k) => k.toLowerCase() === `${name}`.toLowerCase());
  return key === undefined ? undefined : response.headers[key];
};
exports.checkHeader = function checkHeader(response, name, value) {
  const found = header(response, name);
  return value === undefined ? found !== undefined : found === `${value}`;
};
exports.checkStatus = function checkStatus(response, status = 200) { return response.status === status; };
