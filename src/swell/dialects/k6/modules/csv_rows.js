// The module k6/experimental/csv in the script.
'use strict';
const wanted = (options) => JSON.stringify(options ?? {}, ['delimiter', 'skipFirstLine', 'asObjects', 'fromLine', 'toLine']);
const pathOf = (file) => (file === null || typeof file !== 'object' ? undefined : file.path);

exports.parse = async (file, options) => core.part('shared').array(...host.parse(pathOf(file), wanted(options)));

exports.Parser = class Parser {
  #number;
  constructor(file, options) { this.#number = host.parser(pathOf(file), wanted(options)); }
  async next() {
    const row = host.next(this.#number);
    return row === null ? { done: true, value: undefined } : { done: false, value: JSON.parse(row) };
  }
};
