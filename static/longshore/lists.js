// @ts-check
/**
 * The lists that a page may have, by the attribute that asks for them: rows, pictures, names, reasons.
 *
 * @import { Item } from './index.js'
 * @import { Entry } from './entry.js'
 */
import { make, printable } from './element.js';
import { size } from './format.js';
import { picture } from './picture.js';
import { Row } from './row.js';

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
export const LISTS = {
  'data-upload-progress': [(entry) => new Row(entry), () => true],
  'data-upload-preview': [preview, ({ settled }) => !settled],
  'data-upload-selected': [({ name }) => ({ element: make('li', '', printable(name)) }), ({ state }) => state === 'queued'],
  'data-upload-errors': [reason, ({ error }) => error],
};
