// k6-reporter: the results as one HTML page, which Python makes.
'use strict';
exports.htmlReport = function htmlReport(data, options = {}) {
  if (typeof data !== 'object' || data === null) throw new TypeError('htmlReport() needs what handleSummary() gets');
  return host.page(data, options ?? {});
};
