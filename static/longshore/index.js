// @ts-check
/**
 * Longshore's browser client: binds what it finds by attributes, and leaves a page alone that has nothing for it.
 *
 * What every page needs is imported here and served as one; what is seldom needed is fetched when it is, by `import()`.
 */
import { Page } from './page.js';
import { Uploads } from './uploads.js';

export const uploads = new Uploads(new Page());
window.longshore = uploads;
uploads.start();

// What stands in it comes from a module that only pages with such an element fetch.
customElements.define('longshore-upload', class extends HTMLElement {
  async connectedCallback() {
    (await import('./upload.js')).furnish(this, uploads);
  }
});
