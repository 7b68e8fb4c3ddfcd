// @ts-check
/**
 * Markup of the server that names an entry: its picture, its bar and its figures follow the file without a round trip.
 *
 * @import { View } from './index.js'
 * @import { Uploader } from './uploader.js'
 */
import { all, write } from './element.js';
import { draw } from './picture.js';
import { fill } from './row.js';

/** @implements {View} */
export class Mirror {
  element = document.documentElement;
  #uploader;

  /** @param {Uploader} uploader */
  constructor(uploader) {
    this.#uploader = uploader;
  }

  frame() {
    // One look through the page serves all of them, however many files there are.
    for (const element of all('[data-upload-image],[data-upload-value],[data-upload-entry]')) {
      const { uploadImage, uploadValue, uploadEntry } = element.dataset;
      const entry = this.#uploader.entry(uploadImage ?? uploadValue ?? uploadEntry ?? '');
      if (!entry) continue;
      if (element instanceof HTMLImageElement) draw(element, entry);
      else if (element instanceof HTMLProgressElement) Object.assign(element, { max: 100, value: entry.progress });
      for (const bar of all('.upload-progress-bar', element)) fill(bar, entry);
      for (const text of all('.upload-progress-text', element)) write(text, `${entry.progress}%`);
    }
  }
}
