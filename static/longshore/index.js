// @ts-check
/**
 * Longshore's browser client: binds what it finds by attributes, and leaves a page alone that has nothing for it.
 */
import { Page } from './page.js';
import { define } from './upload.js';
import { Uploads } from './uploads.js';

export const uploads = new Uploads(new Page());
window.longshore = uploads;
uploads.start();
define(uploads);
