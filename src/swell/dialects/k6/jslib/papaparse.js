// papaparse: parse() and unparse() of delimited text, as its documentation has them. Files and downloads are not.
'use strict';
const MARK = '\ufeff', GUESSES = [',', '\t', '|', ';', '\x1e', '\x1f'];
const BAD_DELIMITERS = ['\r', '\n', '"', MARK];
const NUMBER = /^\s*-?(\d+\.?|\.\d+|\d+\.\d+)([eE][-+]?\d+)?\s*$/, DATE = /^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d(:[0-5]\d(\.\d+)?)?([+-][0-2]\d:[0-5]\d|Z)?$/;

function lineBreak(text, quote) {
  const piece = text.slice(0, 1 << 20), plain = piece.includes(quote) ? piece.split(quote).filter((_, i) => i % 2 === 0).join('') : piece;
  const found = /\r\n|\n|\r/.exec(plain);
  return found ? found[0] : '\n';
}

// The delimiter that gives the first rows the most even number of fields, and at least two of them.
function guess(whole, settings) {
  // Enough of the text for ten rows, cut at a line.
  const cut = whole.length > 1 << 16 ? whole.lastIndexOf(settings.newline, 1 << 16) : -1, text = cut > 0 ? whole.slice(0, cut) : whole;
  let best = null;
  for (const delimiter of settings.delimitersToGuess ?? GUESSES) {
    const counts = rows(text, { ...settings, delimiter, preview: 10 }).data.filter((row) => row.length > 1 || row[0] !== '').map((row) => row.length);
    if (!counts.length) continue;
    const mean = counts.reduce((sum, n) => sum + n, 0) / counts.length;
    const spread = counts.slice(1).reduce((sum, n, i) => sum + Math.abs(n - counts[i]), 0);
    if (mean > 1.99 && (!best || spread < best.spread || (spread === best.spread && mean > best.mean))) best = { delimiter, spread, mean };
  }
  return best && best.delimiter;
}

// All rows of the text; `each(row, position)` instead of a list, and false from it stops.
function rows(text, { delimiter, newline, quote, escape, comments, preview, fastMode }, each = null) {
  const data = [], errors = [];
  let aborted = false, cursor = 0;
  const give = (row, at) => {
    cursor = at;
    if (comments && row[0].startsWith(comments)) return true;
    if (each) { if (each(row, at) === false) { aborted = true; return false; } } else data.push(row);
    return !preview || ++given < preview;
  };
  let given = 0;
  if (fastMode || (fastMode !== false && !text.includes(quote))) {
    let at = 0;
    for (const line of text.split(newline)) {
      at += line.length + newline.length;
      if (!give(comments && line.startsWith(comments) ? [line] : line.split(delimiter), Math.min(at, text.length))) break;
    }
    return { data, errors, aborted, cursor };
  }
  const size = text.length;
  let row = [], at = 0, nextDelimiter = text.indexOf(delimiter), nextLine = text.indexOf(newline);
  const endOfText = () => { row.push(text.slice(at)); give(row, size); };
  for (;;) {
    if (comments && !row.length && text.startsWith(comments, at)) {
      if (nextLine >= 0 && nextLine < at) nextLine = text.indexOf(newline, at);
      if (nextLine < 0) break;
      at = nextLine + newline.length;
      nextDelimiter = text.indexOf(delimiter, at);
      nextLine = text.indexOf(newline, at);
      continue;
    }
    if (text.startsWith(quote, at)) {
      let end = at + 1, from = at + 1, field = '';
      for (;;) {
        end = text.indexOf(quote, end);
        if (end < 0) {
          errors.push({ type: 'Quotes', code: 'MissingQuotes', message: 'Quoted field unterminated', row: given, index: at });
          field += text.slice(from);
          end = -1;
          break;
        }
        if (quote === escape && text[end + 1] === quote) { field += text.slice(from, end + 1); from = end += 2; continue; }
        if (quote !== escape && end > 0 && text[end - 1] === escape) { field += text.slice(from, end - 1) + quote; from = end += 1; continue; }
        let after = end + 1;
        while (text[after] === ' ' && delimiter !== ' ') after++;
        if (after >= size || text.startsWith(delimiter, after) || text.startsWith(newline, after)) {
          field += text.slice(from, end);
          end = after;
          break;
        }
        errors.push({ type: 'Quotes', code: 'InvalidQuotes', message: 'Trailing quote on quoted field is malformed', row: given, index: at });
        end++;
      }
      row.push(field);
      if (end < 0 || end >= size) { give(row, size); break; }
      if (text.startsWith(delimiter, end)) at = end + delimiter.length;
      else {
        at = end + newline.length;
        if (!give(row, at)) break;
        row = [];
      }
      nextDelimiter = text.indexOf(delimiter, at);
      nextLine = text.indexOf(newline, at);
      continue;
    }
    if (nextDelimiter >= 0 && (nextDelimiter < nextLine || nextLine < 0)) {
      row.push(text.slice(at, nextDelimiter));
      at = nextDelimiter + delimiter.length;
      nextDelimiter = text.indexOf(delimiter, at);
    } else if (nextLine >= 0) {
      row.push(text.slice(at, nextLine));
      at = nextLine + newline.length;
      if (!give(row, at)) break;
      row = [];
      if (nextDelimiter >= 0 && nextDelimiter < at) nextDelimiter = text.indexOf(delimiter, at);
      nextLine = text.indexOf(newline, at);
    } else { endOfText(); break; }
  }
  return { data, errors, aborted, cursor };
}

function typed(value) {
  if (value === 'true' || value === 'TRUE') return true;
  if (value === 'false' || value === 'FALSE') return false;
  if (NUMBER.test(value) && Math.abs(parseFloat(value)) < 2 ** 53) return parseFloat(value);
  if (DATE.test(value)) return new Date(value);
  return value === '' ? null : value;
}

function parse(input, config = {}) {
  if (typeof input !== 'string') throw new TypeError('papaparse: parse() takes a text here: read the file with open() first');
  let text = input.startsWith(MARK) ? input.slice(1) : input;
  const quote = config.quoteChar ?? '"', escape = config.escapeChar ?? quote;
  const comments = config.comments === true ? '#' : typeof config.comments === 'string' && config.comments ? config.comments : null;
  if (typeof config.beforeFirstChunk === 'function') text = config.beforeFirstChunk(text) ?? text;
  const newline = ['\n', '\r', '\r\n'].includes(config.newline) ? config.newline : lineBreak(text, quote);
  const base = { newline, quote, escape, comments, fastMode: config.fastMode, delimitersToGuess: config.delimitersToGuess };
  const errors = [];
  let delimiter = typeof config.delimiter === 'function' ? config.delimiter(text) : config.delimiter;
  if (!delimiter || BAD_DELIMITERS.includes(delimiter)) {
    delimiter = guess(text, base);
    if (!delimiter) {
      if (text) errors.push({ type: 'Delimiter', code: 'UndetectableDelimiter', message: "Unable to auto-detect delimiting character; defaulted to ','" });
      delimiter = ',';
    }
  }
  const { header, transform, transformHeader, dynamicTyping, skipEmptyLines } = config;
  const meta = { delimiter, linebreak: newline, aborted: false, truncated: false, cursor: 0 }, data = [];
  const preview = +config.preview || 0;
  let fields = null, count = 0;
  const empty = (row) => (skipEmptyLines === 'greedy' ? row.join('').trim() === '' : row.length === 1 && row[0] === '');
  const wanted = (name) => (typeof dynamicTyping === 'function' ? dynamicTyping(name) : dynamicTyping === true || !!dynamicTyping?.[name]);
  const value = (v, name) => {
    if (transform) v = transform(v, name);
    return dynamicTyping && typeof v === 'string' && wanted(name) ? typed(v) : v;
  };
  function names(row) {
    const seen = new Map(), renamed = {};
    fields = row.map((name, i) => {
      name = transformHeader ? transformHeader(name.trim ? name : `${name}`, i) : name;
      const times = seen.get(name) ?? 0;
      seen.set(name, times + 1);
      if (!times) return name;
      renamed[`${name}_${times}`] = name;
      return `${name}_${times}`;
    });
    meta.fields = fields;
    if (Object.keys(renamed).length) meta.renamedHeaders = renamed;
  }
  function shaped(row) {
    const plain = !transform && !dynamicTyping, size = row.length;
    if (!header) return plain ? row : row.map((v, i) => value(v, i));
    const record = {}, most = Math.min(size, fields.length);
    for (let i = 0; i < most; i++) { const name = fields[i]; record[name] = plain ? row[i] : value(row[i], name); }
    if (size > most) record.__parsed_extra = row.slice(most).map((v) => value(v, '__parsed_extra'));
    if (row.length !== fields.length) {
      const many = row.length > fields.length;
      errors.push({ type: 'FieldMismatch', code: many ? 'TooManyFields' : 'TooFewFields', message: `Too ${many ? 'many' : 'few'} fields: expected ${fields.length} fields but parsed ${row.length}`, row: count });
    }
    return record;
  }
  let stopped = false;
  const parser = { abort: () => { stopped = true; meta.aborted = true; }, pause() {}, resume() {} };
  const each = (row, cursor) => {
    meta.cursor = cursor;
    if (skipEmptyLines && empty(row)) return true;
    if (header && !fields) { names(row); return true; }
    if (preview && count >= preview) { meta.truncated = true; return false; }
    const before = errors.length, record = shaped(row);
    count++;
    if (config.step) config.step({ data: record, errors: errors.splice(before), meta: { ...meta } }, parser);
    else data.push(record);
    return !stopped;
  };
  const read = text === '' ? { errors: [] } : rows(text, { ...base, delimiter, preview: 0 }, each);
  errors.unshift(...read.errors);
  const result = { data, errors, meta };
  if (config.chunk && !config.step) { config.chunk(result, parser); }
  if (config.complete) config.complete(config.step ? { data: [], errors, meta } : result, undefined);
  return config.step ? { data: [], errors, meta } : result;
}

function unparse(input, config = {}) {
  const quote = config.quoteChar ?? '"', escape = (config.escapeChar ?? quote) + quote, newline = config.newline ?? '\r\n';
  const delimiter = config.delimiter && !BAD_DELIMITERS.includes(config.delimiter) ? config.delimiter : ',';
  const risky = config.escapeFormulae instanceof RegExp ? config.escapeFormulae : config.escapeFormulae ? /^[=+\-@\t\r].*$/ : null;
  const quoted = (i) => (typeof config.quotes === 'function' ? config.quotes : Array.isArray(config.quotes) ? () => config.quotes[i] : () => config.quotes);
  const cell = (v, i) => {
    if (v === undefined || v === null) return '';
    let text = v instanceof Date ? JSON.stringify(v).slice(1, 25) : `${v}`;
    let must = !!quoted(i)(v, i);
    if (risky && typeof v === 'string' && risky.test(v)) { text = "'" + text; must = true; }
    must ||= text.includes(delimiter) || /[\r\n]/.test(text) || text.includes(quote) || BAD_DELIMITERS.some((bad) => text.includes(bad)) || text.startsWith(' ') || text.endsWith(' ');
    return must ? quote + text.replaceAll(quote, escape) + quote : text;
  };
  if (typeof input === 'string') input = JSON.parse(input);
  let table = input, fields = config.columns ?? null;
  if (!Array.isArray(input)) {
    table = typeof input.data === 'string' ? JSON.parse(input.data) : input.data ?? [];
    fields ??= input.fields ?? input.meta?.fields ?? null;
  }
  if (table.length && !Array.isArray(table[0]) && typeof table[0] === 'object') fields ??= Object.keys(table[0]);
  else if (!Array.isArray(input) && table.length && !Array.isArray(table[0])) table = [table];
  const blank = (row) => (config.skipEmptyLines === 'greedy' ? row.join('').trim() === '' : row.length === 0 || (row.length === 1 && (row[0] ?? '') === ''));
  const lines = [];
  if (fields && fields.length && config.header !== false) lines.push(fields.map(cell).join(delimiter));
  for (const row of table) {
    const values = Array.isArray(row) ? row : (fields ?? Object.keys(row)).map((name) => row[name]);
    if (config.skipEmptyLines && blank(values)) continue;
    lines.push(values.map(cell).join(delimiter));
  }
  return lines.join(newline);
}

exports.default = { parse, unparse, BAD_DELIMITERS, RECORD_SEP: '\x1e', UNIT_SEP: '\x1f', DefaultDelimiter: ',', WORKERS_SUPPORTED: false };
