/** Who is measured: by which page, and through which field it gets its files. */
const FIELD = 'input[type=file]';

/** @typedef {{ page: string, path: string, field: string }} Client */

/** @type {Record<string, Client>} */
export const CLIENTS = {
  longshore: { page: 'longshore', path: '/files', field: 'input[data-upload]' },
  // The same by an earlier build of ours: what a change has gained.
  before: { page: 'longshore', path: '/files', field: 'input[data-upload]' },
  // The cookie comes from /files; the page itself is one on which nothing else happens.
  tus: { page: 'tus', path: '/healthz', field: FIELD },
  'uppy-tus': { page: 'uppy_tus', path: '/healthz', field: FIELD },
  'uppy-tus-dashboard': { page: 'uppy_tus_dashboard', path: '/healthz', field: FIELD },
  'uppy-xhr': { page: 'uppy_xhr', path: '/healthz', field: FIELD },
  'uppy-xhr-dashboard': { page: 'uppy_xhr_dashboard', path: '/healthz', field: FIELD },
  fetch: { page: 'fetch', path: '/healthz', field: FIELD },
};
