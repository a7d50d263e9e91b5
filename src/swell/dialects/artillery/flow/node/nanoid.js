// nanoid.
const LETTERS = 'useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict';
const customAlphabet = (letters, standard = 21) => (size = standard) => Array.from(new Uint8Array(host.random(size)), (byte) => letters[byte % letters.length]).join('');
exports.default = { nanoid: customAlphabet(LETTERS), customAlphabet, urlAlphabet: LETTERS };
