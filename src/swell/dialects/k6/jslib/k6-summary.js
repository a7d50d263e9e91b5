// k6-summary: the end-of-test summary as text, and thresholds as JUnit XML. Python makes both.
'use strict';
exports.textSummary = function textSummary(data, options = {}) { return host.text(data, options ?? {}); };
exports.jUnit = function jUnit(data, options = {}) { return host.junit(data, options ?? {}); };
exports.humanizeValue = function humanizeValue(value, metric = {}, timeUnit = '') { return host.figure(value, metric.type ?? '', metric.contains ?? '', timeUnit ?? ''); };
