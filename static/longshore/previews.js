// @ts-check
/**
 * Lists beside the rows that some pages have, by the attribute that asks for them: pictures, names, reasons.
 *
 * @import { Item } from './index.js'
 * @import { Entry } from './entry.js'
 * @import { Page } from './page.js'
 */
import { make, printable } from './element.js';
import { size } from './format.js';
import { List } from './list.js';
import { picture } from './picture.js';

/** @param {Entry} entry */
function preview(entry) {
  const name = make('span', 'upload-preview-name', printable(entry.name));
  const element = make('div', 'upload-preview-item', name, make('span', 'upload-preview-size', size(entry.size)));
  picture(entry, element);
  return { element };
}

/** @param {Entry} entry */
function reason({ ref, name, error }) {
  const element = make('p', 'upload-error', `${printable(name)}: ${error?.message}`);
  element.dataset.uploadRef = ref;
  return { element };
}

/** @type {Record<string, [build: (entry: Entry) => Item, wanted: (entry: Entry) => unknown]>} */
const LISTS = {
  'data-upload-preview': [preview, ({ settled }) => !settled],
  'data-upload-selected': [({ name }) => ({ element: make('li', '', printable(name)) }), ({ state }) => state === 'queued'],
  'data-upload-errors': [reason, ({ error }) => error],
};

/** @param {Page} page */
export function bind(page) {
  for (const [name, [build, wanted]] of Object.entries(LISTS)) page.place(name, (element, slot) => new List(element, slot, build, wanted));
}
