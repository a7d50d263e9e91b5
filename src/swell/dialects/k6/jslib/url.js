// URL and URLSearchParams: the ones that the runtime has for hosts that offer them as globals.
'use strict';
return core.part('url');
