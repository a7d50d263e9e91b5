// k6chaijs-contracts: expect(data).to.matchSchema(schema), on our ajv.
'use strict';
exports.initContractPlugin = function initContractPlugin(chai) {
  const Ajv = core.part('modules')(0, 'swell:jslib/ajv').default;
  chai.Assertion.addMethod('matchSchema', function (schema) {
    const ajv = new Ajv(), holds = ajv.validate(schema, this._obj);
    if (!holds && !this.__flags.negate) console.warn(`the data does not match its schema: ${ajv.errorsText()}`);
    this.assert(holds, 'expected #{this} to match the schema', 'expected #{this} to not match the schema');
  });
};
exports.default = { initContractPlugin: exports.initContractPlugin };
