/** Uppy's own page: a place to drop files, and a row for each of them. */
import Dashboard from '@uppy/dashboard';
import '@uppy/core/css/style.min.css';
import '@uppy/dashboard/css/style.min.css';

export function dashboard(uppy) {
  document.body.innerHTML = '<div id="uppy"></div>';
  uppy.use(Dashboard, { target: '#uppy', inline: true });
}
