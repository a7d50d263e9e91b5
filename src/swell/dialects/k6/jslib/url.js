// URL and URLSearchParams: the ones that the runtime has for hosts that offer them as globals.
'use strict';
const { URL, URLSearchParams } = core.part('url');
exports.URL = URL;
exports.URLSearchParams = URLSearchParams;
