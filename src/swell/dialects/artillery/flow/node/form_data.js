// form-data: parts that become the request's own formData.
const { FormData: Form } = core.part('modules')(0, 'swell:fetch').default, { Buffer } = core.part('modules')(0, 'buffer').default;
class FormData extends Form {
  constructor() { super(); Object.defineProperty(this, 'all_', { value: {} }); }
  append(name, value, options) {
    const wishes = typeof options === 'string' ? { filename: options } : options ?? {};
    const file = value && typeof value.toJSON === 'function' && !Buffer.isBuffer(value) ? value.toJSON() : null;
    if (file && file.fromFile) {
      this.all_[name] = { ...file, ...(wishes.filename && { filename: wishes.filename }), ...(wishes.contentType && { contentType: wishes.contentType }) };
      super.append(name, Buffer.from(core.part('modules')(0, 'fs').default.readFileSync(file.fromFile)), wishes.filename ?? file.fromFile.split('/').pop());
    } else {
      this.all_[name] = Buffer.isBuffer(value) || wishes.filename || wishes.contentType ? { value: `${value}`, ...(wishes.filename && { filename: wishes.filename }), ...(wishes.contentType && { contentType: wishes.contentType }) } : `${value}`;
      super.append(name, value, wishes.filename);
    }
  }
  getHeaders(more) { return { ...more, 'content-type': 'multipart/form-data' }; }
  getBoundary() { return ''; }
  getLengthSync() { return 0; }
  toJSON() { return { $form: this.all_ }; }
}
exports.default = FormData;
