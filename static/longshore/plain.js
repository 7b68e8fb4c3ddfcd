// @ts-check
/**
 * No live page can be had: the page says so, the same markup works as a plain form, and the files chosen so far are put into it.
 *
 * @import { Page } from './page.js'
 */
import { field, fields } from './controls.js';

/** @param {Page} page */
export function fill({ status, uploader }) {
  status.connection('Live uploads are not available here. Choose your files and send the form.');
  for (const input of fields()) {
    const slot = input.dataset.upload ?? '';
    const transfer = new DataTransfer();
    for (const { file } of uploader.of(slot)) if (file) transfer.items.add(file);
    // One field of a slot has them all, so that no file is posted twice.
    if (transfer.files.length > 0 && input === field(slot)) input.files = transfer.files;
  }
}
