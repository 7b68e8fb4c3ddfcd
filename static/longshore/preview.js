// @ts-check
/**
 * Pictures of chosen files, shown before a byte has left the machine.
 *
 * @import { Changes, View } from './index.js'
 * @import { Entry } from './entry.js'
 */
import { make, printable, write } from './element.js';
import { size } from './format.js';

/** SVG is missing on purpose: it is a document with scripts in it, not a picture. */
const PICTURES = /^image\/(jpeg|png|gif|webp|avif|bmp)$/;
const MOST = 50;

/**
 * @param {Entry} entry
 * @param {HTMLElement} place is emptied of everything else once the picture is there
 */
export function picture({ file }, place) {
  // Decoding hundreds of photographs would stop the page; from some count on the type says enough.
  if (!file || !PICTURES.test(file.type) || document.querySelectorAll('.upload-preview-image').length >= MOST) return;
  const image = make('img', 'upload-preview-image');
  image.alt = '';
  image.decoding = 'async';
  image.src = URL.createObjectURL(file);
  // Once it is decoded, or has turned out to be no picture, the browser may let go of the file.
  image.onload = () => URL.revokeObjectURL(image.src);
  image.onerror = () => {
    URL.revokeObjectURL(image.src);
    image.remove();
  };
  place.append(image);
}

/** @implements {View} */
export class Preview {
  #element;
  /** @type {Map<Entry, HTMLElement>} */
  #items = new Map();

  /** @param {HTMLElement} element with `data-upload-preview` */
  constructor(element) {
    this.#element = element;
  }

  /** @param {Changes} changes */
  update(changes) {
    for (const [entry, gone] of changes) {
      if (entry.slot !== this.#element.dataset.uploadPreview) continue;
      const item = this.#items.get(entry);
      if (gone || entry.settled) {
        item?.remove();
        this.#items.delete(entry);
      } else if (!item) this.#add(entry);
    }
  }

  /** @param {Entry} entry */
  #add(entry) {
    const name = make('span', 'upload-preview-name');
    const bytes = make('span', 'upload-preview-size', size(entry.size));
    const item = make('div', 'upload-preview-item', name, bytes);
    write(name, printable(entry.name));
    picture(entry, item);
    this.#items.set(entry, item);
    this.#element.append(item);
  }
}
