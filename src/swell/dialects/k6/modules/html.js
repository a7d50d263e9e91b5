// k6/html in the script: selections and elements are lists of node numbers in a document that Python holds.
'use strict';
const { parse, stringify } = JSON, define = Object.defineProperty, D = Symbol('swell.document'), N = Symbol('swell.nodes');
const registry = new core.FinalizationRegistry(host.release);

const run = (s, name, ...args) => parse(host.run(s[D].id, name, stringify(s[N]), stringify(args)));

class Selection {
  constructor(document, nodes, before) {
    define(this, D, { value: document });
    define(this, N, { value: nodes });
    define(this, 'before', { value: before });
    define(this, 'url', { value: document.url, writable: true });
  }

  each(f) { this[N].forEach((n, i) => f(i, new Element(this[D], n))); return this; }
  map(f) { return this[N].map((n, i) => f(i, select(this, [n]))); }
  filter(what) { return keep(this, what, true); }
  not(what) { return keep(this, what, false); }
  is(what) { return keep(this, what, true).size() > 0; }
  has(what) { return select(this, run(this, 'has', given(what))); }
  find(what) { return select(this, run(this, 'find', given(what))); }
  single(what) { return select(this, this.find(what)[N].slice(0, 1)); }
  add(what) { return select(this, run(this, 'add', given(what))); }
  closest(what) { return select(this, run(this, 'closest', given(what))); }
  contents() { return select(this, run(this, 'contents')); }
  first() { return this.eq(0); }
  last() { return this.eq(-1); }
  eq(i) { const n = this[N].at(i); return select(this, n === undefined ? [] : [n]); }
  slice(from, to) { return select(this, this[N].slice(from, to)); }
  size() { return this[N].length; }
  get length() { return this[N].length; }
  get(i) {
    if (i === undefined) return this[N].map((n) => new Element(this[D], n));
    const n = this[N].at(i);
    return n === undefined ? undefined : new Element(this[D], n);
  }
  toArray() { return this[N].map((n) => select(this, [n])); }
  end() { return this.before ?? select(this, []); }
  index(what) {
    if (what === undefined) return this[N].length ? run(this.first(), 'index') : -1;
    if (typeof what === 'string') return this[N].length ? run(this, 'nodes', what).indexOf(this[N][0]) : -1;
    return this[N].indexOf(given(what)[0]);
  }
  text() { return run(this, 'text'); }
  html() { return run(this, 'html') ?? undefined; }
  attr(name, fallback) { return run(this, 'attr', `${name}`) ?? fallback; }
  val() { return run(this, 'val') ?? undefined; }
  data(name) {
    const all = run(this, 'data');
    return name === undefined ? all : all[`${name}`.replace(/-(.)/g, (_, c) => c.toUpperCase())];
  }
  serializeArray() { return run(this, 'fields').map(([name, value]) => ({ name, value })); }
  serialize() { return run(this, 'serialize'); }
  serializeObject() {
    const all = {};
    for (const [name, value] of run(this, 'fields')) all[name] = name in all ? [].concat(all[name], value) : value;
    return all;
  }
  toJSON() { return { length: this.length, html: this.html() }; }
}
// Walks, all with an optional filter; the ...Until ones stop before what matches their first argument.
for (const name of ['children', 'parent', 'parents', 'next', 'nextAll', 'prev', 'prevAll', 'siblings']) {
  Selection.prototype[name] = function (what) {
    const found = select(this, run(this, name));
    return what === undefined || what === null ? found : select(this, keep(found, what, true)[N]);
  };
}
for (const name of ['parentsUntil', 'nextUntil', 'prevUntil']) {
  Selection.prototype[name] = function (until, what) {
    const found = select(this, run(this, name, until === undefined ? [] : given(until)));
    return what === undefined || what === null ? found : select(this, keep(found, what, true)[N]);
  };
}

const select = (from, nodes) => new Selection(from[D], nodes, from);

// A selector as it is; selections and elements as their numbers.
function given(what) {
  if (typeof what === 'string') return what;
  if (what instanceof Selection || what instanceof Element) return what[N];
  throw new TypeError('this takes a selector, a Selection or an Element');
}

function keep(from, what, wanted) {
  if (typeof what !== 'function') return select(from, run(from, wanted ? 'filter' : 'not', given(what)));
  return select(from, from[N].filter((n, i) => !!what(i, select(from, [n])) === wanted));
}

class Element {
  constructor(document, n) {
    define(this, D, { value: document });
    define(this, N, { value: [n] });
  }

  selection() { return new Selection(this[D], this[N]); }
  getAttribute(name) { return run(this, 'attr', `${name}`) ?? undefined; }
  getAttributeNode(name) { return this.attributes()[name]; }
  hasAttribute(name) { return run(this, 'attr', `${name}`) !== null; }
  hasAttributes() { return Object.keys(run(this, 'attributes')).length > 0; }
  attributes() {
    const all = run(this, 'attributes');
    for (const name of Object.keys(all)) all[name] = { name, value: all[name], nodeName: name, nodeValue: all[name] };
    return all;
  }
  nodeName() { return run(this, 'node').name; }
  nodeType() { return run(this, 'node').type; }
  nodeValue() { return run(this, 'node').value ?? undefined; }
  tagName() { return run(this, 'node').name.toUpperCase(); }
  innerHTML() { return run(this, 'html') ?? ''; }
  toString() { return run(this, 'outer'); }
  textContent() { return run(this, 'text'); }
  innerText() { return run(this, 'text'); }
  contains(other) { return run(this, 'contains', given(other)); }
  matches(selector) { return run(this, 'filter', `${selector}`).length > 0; }
  isSameNode(other) { return given(other)[0] === this[N][0]; }
  isEqualNode(other) { return run(other, 'outer') === run(this, 'outer'); }
  querySelector(selector) { return one(this, run(this, 'find', `${selector}`)); }
  querySelectorAll(selector) { return all(this, run(this, 'find', `${selector}`)); }
  getElementsByTagName(name) { return this.querySelectorAll(name); }
  getElementsByClassName(names) { return this.querySelectorAll(`${names}`.trim().split(/\s+/).map((name) => '.' + name).join('')); }
  children() { return all(this, run(this, 'children')); }
  childNodes() { return all(this, run(this, 'contents')); }
  childElementCount() { return run(this, 'children').length; }
  hasChildNodes() { return run(this, 'contents').length > 0; }
  firstChild() { return one(this, run(this, 'contents')); }
  lastChild() { return one(this, run(this, 'contents').slice(-1)); }
  firstElementChild() { return one(this, run(this, 'children')); }
  lastElementChild() { return one(this, run(this, 'children').slice(-1)); }
  nextElementSibling() { return one(this, run(this, 'next')); }
  previousElementSibling() { return one(this, run(this, 'prev')); }
  nextSibling() { return one(this, run(this, 'nextNode')); }
  previousSibling() { return one(this, run(this, 'prevNode')); }
  parentElement() { return one(this, run(this, 'parent')); }
  parentNode() { return one(this, run(this, 'parent')); }
  classList() { return (this.getAttribute('class') ?? '').split(/\s+/).filter(Boolean); }
  className() { return this.getAttribute('class'); }
  value() { return run(this, 'val') ?? undefined; }
  text() { return this.textContent(); }
  elements() { return all(this, run(this, 'controls')); }
  length() { return run(this, 'controls').length; }
  options() { return all(this, run(this, 'find', 'option')); }
}
const one = (from, nodes) => (nodes.length ? new Element(from[D], nodes[0]) : undefined);
const all = (from, nodes) => nodes.map((n) => new Element(from[D], n));
for (const [name, attribute = name.toLowerCase()] of [['id'], ['lang'], ['href'], ['src'], ['action'], ['name'], ['type'], ['rel'],
  ['target'], ['alt'], ['title'], ['placeholder'], ['htmlFor', 'for'], ['method'], ['enctype'], ['media'], ['rows'], ['cols'], ['accept'],
  ['pattern'], ['min'], ['max'], ['step'], ['width'], ['height'], ['label'], ['content'], ['httpEquiv', 'http-equiv'], ['charset'], ['dateTime']]) {
  Element.prototype[name] = function () { return this.getAttribute(attribute); };
}
for (const name of ['checked', 'disabled', 'selected', 'multiple', 'required', 'readOnly', 'autofocus', 'hidden', 'async', 'defer']) {
  Element.prototype[name] = function () { return this.hasAttribute(name.toLowerCase()); };
}

function parseHTML(text) {
  const document = { id: host.open(`${text}`), url: undefined };
  registry.register(document, document.id);
  return new Selection(document, [0]);
}

// Forms and links of pages; hidden, since only responses have them.
function submitForm(response, options, request, join) {
  const page = response.html(), form = page.find(options.formSelector ?? 'form').first();
  if (!form.size()) throw new Error(`no form matches ${options.formSelector ?? 'form'}`);
  const fields = form.serializeObject(), submit = form.find(options.submitSelector ?? '[type="submit"]').first();
  if (submit.size() && submit.attr('name')) fields[submit.attr('name')] = submit.val() ?? '';
  Object.assign(fields, options.fields);
  const method = (form.attr('method') ?? 'get').toUpperCase();
  let to = join(response.url, form.attr('action') ?? response.url);
  if (method !== 'GET') return request(method, to, fields, options.params);
  const query = host.query(fields);
  if (query) to = to.replace(/[?#].*$/s, '') + '?' + query;
  return request('GET', to, null, options.params);
}

function clickLink(response, options, request, join) {
  const selector = options.selector ?? 'a[href]', link = response.html().find(selector).first();
  if (!link.size()) throw new Error(`no element matches ${selector}`);
  const href = link.attr('href');
  if (href === undefined) throw new Error(`the element that matches ${selector} has no href`);
  return request('GET', join(response.url, href), null, options.params);
}

const names = { parseHTML, Selection, Element };
for (const [name, value] of Object.entries({ submitForm, clickLink })) define(names, name, { value });
exports.default = names;
