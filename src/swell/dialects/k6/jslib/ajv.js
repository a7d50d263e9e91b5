// ajv: validation by JSON Schema (drafts 4 to 7), as far as tests of responses go: no custom keywords, no remote schemas.
'use strict';
const { keys, hasOwn } = Object;
const isObject = (v) => typeof v === 'object' && v !== null && !Array.isArray(v);
const TYPES = {
  string: (v) => typeof v === 'string', number: (v) => typeof v === 'number' && Number.isFinite(v), integer: Number.isInteger, boolean: (v) => typeof v === 'boolean',
  null: (v) => v === null, array: Array.isArray, object: isObject,
};
const FORMATS = {
  date: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
  time: /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]\d{2}:?\d{2})?$/i,
  'date-time': /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[t ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(z|[+-]\d{2}(:?\d{2})?)$/i,
  email: /^[^\s@]+@[^\s@]+\.?[^\s@]*$/, uri: /^[a-z][a-z\d+.-]*:\S*$/i, url: /^https?:\/\/\S+$/i, 'uri-reference': /^\S*$/,
  uuid: /^(urn:uuid:)?[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/i, ipv4: /^((25[0-5]|2[0-4]\d|1?\d?\d)(\.|$)){4}$/, ipv6: /^[\da-f:.]*:[\da-f:.]*$/i,
  hostname: /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?(\.[a-z\d]([a-z\d-]{0,61}[a-z\d])?)*$/i,
};

function same(a, b) {
  if (Object.is(a, b) || a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  return keys(a).length === keys(b).length && keys(a).every((key) => hasOwn(b, key) && same(a[key], b[key]));
}

class Ajv {
  constructor(options = {}) {
    this.options = options ?? {};
    this.errors = null;
    Object.defineProperty(this, 'known', { value: new Map() });
    Object.defineProperty(this, 'formats', { value: { ...FORMATS, ...this.options.formats } });
    for (const [key, schema] of Object.entries(this.options.schemas ?? {})) this.addSchema(schema, Array.isArray(this.options.schemas) ? undefined : key);
  }
  addSchema(schema, key) {
    for (const each of Array.isArray(schema) ? schema : [schema]) this.known.set((key ?? each.$id ?? each.id ?? '').replace(/#$/, ''), each);
    return this;
  }
  addMetaSchema() { return this; }
  addFormat(name, format) { this.formats[name] = format?.validate ?? format; return this; }
  addKeyword(name) { throw new Error(`ajv: keywords of one's own (${name}) are not supported; save the library in the vendor folder`); }
  removeSchema(key) { this.known.delete(key); return this; }
  getSchema(key) { const schema = this.known.get(key); return schema === undefined ? undefined : this.compile(schema); }
  validateSchema() { return true; }
  compile(schema) {
    if (typeof schema !== 'boolean' && !isObject(schema)) throw new Error('schema should be object or boolean');
    const validate = (data) => {
      const errors = [];
      this._check(schema, data, '', '#', schema, errors);
      validate.errors = errors.length ? errors : null;
      return !errors.length;
    };
    validate.errors = null;
    validate.schema = schema;
    return validate;
  }
  validate(schema, data) {
    const validate = typeof schema === 'string' ? this.getSchema(schema) : this.compile(schema);
    if (!validate) throw new Error(`no schema with key or ref "${schema}"`);
    const valid = validate(data);
    this.errors = validate.errors;
    return valid;
  }
  errorsText(errors = this.errors, { separator = ', ', dataVar = 'data' } = {}) {
    return errors ? errors.map((e) => `${dataVar}${e.dataPath} ${e.message}`).join(separator) : 'No errors';
  }

  _find(ref, root) {
    const [base, path = ''] = ref.split('#');
    let schema = base ? this.known.get(base) : root;
    const whole = schema;
    if (path && !path.startsWith('/')) schema = [...keys(root.definitions ?? {}), ...keys(root.$defs ?? {})].map((k) => (root.definitions ?? {})[k] ?? root.$defs[k]).find((s) => s.$id === `#${path}` || s.$anchor === path);
    else for (const step of path.split('/').slice(1)) schema = schema?.[decodeURIComponent(step).replace(/~1/g, '/').replace(/~0/g, '~')];
    if (schema === undefined) throw new Error(`can't resolve reference ${ref} from id #`);
    return [schema, whole];
  }

  _check(schema, v, at, where, root, errors) {
    const all = this.options.allErrors;
    const tell = (keyword, params, message) => { errors.push({ keyword, dataPath: at, instancePath: at, schemaPath: `${where}/${keyword}`, params, message }); };
    if (schema === true) return;
    if (schema === false) { tell('false schema', {}, 'boolean schema is false'); return; }
    if (schema.$ref !== undefined) {
      const [found, whole] = this._find(schema.$ref, root);
      this._check(found, v, at, schema.$ref, whole, errors);
      return;
    }
    const stop = () => errors.length && !all;
    const inner = (s, x, path, place) => { if (!stop()) this._check(s, x, path, `${where}/${place}`, root, errors); };
    const holds = (s, place) => { const own = []; this._check(s, v, at, `${where}/${place}`, root, own); return own; };
    if (schema.type !== undefined) {
      const types = [].concat(schema.type);
      if (!types.some((type) => TYPES[type]?.(v)) && !(schema.nullable && v === null)) { tell('type', { type: types.join(',') }, `should be ${types.join(',')}`); if (!all) return; }
    }
    if ('const' in schema && !same(v, schema.const)) tell('const', { allowedValue: schema.const }, 'should be equal to constant');
    if (schema.enum && !schema.enum.some((x) => same(x, v))) tell('enum', { allowedValues: schema.enum }, 'should be equal to one of the allowed values');
    if (stop()) return;
    if (typeof v === 'number') this._number(schema, v, tell);
    else if (typeof v === 'string') this._string(schema, v, tell);
    else if (Array.isArray(v)) this._array(schema, v, at, tell, inner, root, where);
    else if (isObject(v)) this._object(schema, v, at, tell, inner, root, where);
    if (stop()) return;
    for (const [i, s] of (schema.allOf ?? []).entries()) inner(s, v, at, `allOf/${i}`);
    if (schema.anyOf && !schema.anyOf.some((s, i) => !holds(s, `anyOf/${i}`).length)) tell('anyOf', {}, 'should match some schema in anyOf');
    if (schema.oneOf) {
      const passing = schema.oneOf.flatMap((s, i) => (holds(s, `oneOf/${i}`).length ? [] : [i]));
      if (passing.length !== 1) tell('oneOf', { passingSchemas: passing.length ? passing : null }, 'should match exactly one schema in oneOf');
    }
    if (schema.not !== undefined && !holds(schema.not, 'not').length) tell('not', {}, 'should NOT be valid');
    if (schema.if !== undefined) {
      const branch = holds(schema.if, 'if').length ? 'else' : 'then';
      if (schema[branch] !== undefined) inner(schema[branch], v, at, branch);
    }
  }

  _number({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }, v, tell) {
    const limit = (keyword, ok, sign, n) => { if (!ok) tell(keyword, { comparison: sign, limit: n }, `should be ${sign} ${n}`); };
    if (minimum !== undefined) exclusiveMinimum === true ? limit('exclusiveMinimum', v > minimum, '>', minimum) : limit('minimum', v >= minimum, '>=', minimum);
    if (maximum !== undefined) exclusiveMaximum === true ? limit('exclusiveMaximum', v < maximum, '<', maximum) : limit('maximum', v <= maximum, '<=', maximum);
    if (typeof exclusiveMinimum === 'number') limit('exclusiveMinimum', v > exclusiveMinimum, '>', exclusiveMinimum);
    if (typeof exclusiveMaximum === 'number') limit('exclusiveMaximum', v < exclusiveMaximum, '<', exclusiveMaximum);
    if (multipleOf !== undefined && Math.abs(v / multipleOf - Math.round(v / multipleOf)) > 1e-9) tell('multipleOf', { multipleOf }, `should be multiple of ${multipleOf}`);
  }

  _string({ minLength, maxLength, pattern, format }, v, tell) {
    const length = [...v].length;
    if (minLength !== undefined && length < minLength) tell('minLength', { limit: minLength }, `should NOT be shorter than ${minLength} characters`);
    if (maxLength !== undefined && length > maxLength) tell('maxLength', { limit: maxLength }, `should NOT be longer than ${maxLength} characters`);
    if (pattern !== undefined && !new RegExp(pattern, 'u').test(v)) tell('pattern', { pattern }, `should match pattern "${pattern}"`);
    const check = this.options.format === false ? undefined : this.formats[format];
    if (check && !(typeof check === 'function' ? check(v) : new RegExp(check).test(v))) tell('format', { format }, `should match format "${format}"`);
  }

  _array({ items, additionalItems, minItems, maxItems, uniqueItems, contains }, v, at, tell, inner, root, where) {
    if (minItems !== undefined && v.length < minItems) tell('minItems', { limit: minItems }, `should NOT have fewer than ${minItems} items`);
    if (maxItems !== undefined && v.length > maxItems) tell('maxItems', { limit: maxItems }, `should NOT have more than ${maxItems} items`);
    if (uniqueItems && v.some((x, i) => v.slice(0, i).some((y) => same(x, y)))) tell('uniqueItems', {}, 'should NOT have duplicate items');
    for (const [i, x] of v.entries()) {
      const s = Array.isArray(items) ? (i < items.length ? items[i] : additionalItems) : items;
      if (s !== undefined) inner(s, x, `${at}[${i}]`, Array.isArray(items) ? `items/${i}` : 'items');
    }
    const fits = (x) => { const own = []; this._check(contains, x, at, where, root, own); return !own.length; };
    if (contains !== undefined && !v.some(fits)) tell('contains', {}, 'should contain a valid item');
  }

  _object({ properties = {}, patternProperties = {}, additionalProperties, required, minProperties, maxProperties, propertyNames, dependencies = {} }, v, at, tell, inner) {
    const names = keys(v), path = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? `${at}.${name}` : `${at}['${name}']`);
    for (const name of Array.isArray(required) ? required : []) if (!hasOwn(v, name)) tell('required', { missingProperty: name }, `should have required property '${name}'`);
    if (minProperties !== undefined && names.length < minProperties) tell('minProperties', { limit: minProperties }, `should NOT have fewer than ${minProperties} properties`);
    if (maxProperties !== undefined && names.length > maxProperties) tell('maxProperties', { limit: maxProperties }, `should NOT have more than ${maxProperties} properties`);
    for (const name of names) {
      const patterns = keys(patternProperties).filter((pattern) => new RegExp(pattern, 'u').test(name));
      if (hasOwn(properties, name)) inner(properties[name], v[name], path(name), `properties/${name}`);
      for (const pattern of patterns) inner(patternProperties[pattern], v[name], path(name), `patternProperties/${pattern}`);
      if (additionalProperties !== undefined && !hasOwn(properties, name) && !patterns.length) {
        if (additionalProperties === false) tell('additionalProperties', { additionalProperty: name }, 'should NOT have additional properties');
        else inner(additionalProperties, v[name], path(name), 'additionalProperties');
      }
      if (propertyNames !== undefined) inner(propertyNames, name, path(name), 'propertyNames');
      const needed = hasOwn(dependencies, name) ? dependencies[name] : [];
      if (!Array.isArray(needed)) inner(needed, v, at, `dependencies/${name}`);
      else for (const other of needed) if (!hasOwn(v, other)) tell('dependencies', { property: name, missingProperty: other }, `should have property ${other} when property ${name} is present`);
    }
  }
}
Ajv.prototype.constructor = Ajv;
exports.default = Ajv;
