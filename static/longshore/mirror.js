// @ts-check
/**
 * Markup of the server that names an entry: its picture, its bar and its figures follow the file without a round trip.
 *
 * @import { View } from './index.js'
 * @import { Page } from './page.js'
 * @import { Uploader } from './uploader.js'
 */
import { all, write } from './element.js';
import { draw } from './picture.js';
import { fill } from './row.js';

/** @implements {View} */
class Mirror {
  element = document.documentElement;
  #uploader;
  /** @type {HTMLElement[]} */
  #places = [];

  /** @param {Uploader} uploader */
  constructor(uploader) {
    this.#uploader = uploader;
  }

  /** Looks for them once: to search a page with a thousand rows in every frame would cost more than all the rest. */
  bind() {
    this.#places = all('[data-upload-image],[data-upload-value],[data-upload-entry]');
  }

  frame() {
    for (const element of this.#places) {
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

/** @param {Page} page */
export function bind({ views, uploader }) {
  let mirror = views.find((view) => view instanceof Mirror);
  if (!mirror) views.push((mirror = new Mirror(uploader)));
  mirror.bind();
}
