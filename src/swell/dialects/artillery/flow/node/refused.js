// Modules that only Node can have: importing is allowed, using is not.
const advice = 'the Node module "$NAME" does not work here; $ADVICE';
exports.default = new Proxy(function () {}, {
  get: (_, name) => {
    if (typeof name === 'symbol' || name === 'default' || name === '__esModule' || name === 'then') return undefined;
    if (name === 'isMainThread') return false;
    if (name === 'workerData' || name === 'parentPort') return null;
    return () => { throw new Error(advice); };
  },
  ownKeys: () => ['prototype'],
});
