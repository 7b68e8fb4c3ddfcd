// @ts-check
/**
 * Those files of one slot that belong into one place of the page, each with an element of its own.
 *
 * @import { Item, View } from './index.js'
 * @import { Entry } from './entry.js'
 */
import { field } from './controls.js';
import { all } from './element.js';

/** @implements {View} */
export class List {
  element;
  #slot;
  #build;
  #wanted;
  /** @type {Map<Entry, Item>} */
  #items = new Map();

  /**
   * @param {HTMLElement} element
   * @param {string} slot
   * @param {(entry: Entry) => Item} build
   * @param {(entry: Entry) => unknown} wanted whether a file belongs here as it stands
   */
  constructor(element, slot, build, wanted) {
    this.element = element;
    this.#slot = slot;
    this.#build = build;
    this.#wanted = wanted;
  }

  /** @param {Entry} entry @param {boolean} gone @returns whether there is one more element */
  show(entry, gone) {
    if (entry.slot !== this.#slot) return;
    let item = this.#items.get(entry);
    if (gone || !this.#wanted(entry)) return item && this.#drop(entry, item.element);
    if (item) return item.update?.();
    item = this.#build(entry);
    // What the server had rendered of it makes way for what is kept up to date. To look through all rows for each new one takes long.
    if (this.element.childElementCount > this.#items.size) all('[data-upload-ref]', this.element).find(({ dataset }) => dataset.uploadRef === entry.ref)?.remove();
    this.#items.set(entry, item);
    this.element.append(item.element);
    item.update?.();
    return true;
  }

  /** @param {Entry} entry @param {HTMLElement} element */
  #drop(entry, element) {
    if (element.contains(document.activeElement)) {
      const next = element.nextElementSibling ?? element.previousElementSibling;
      if (next) /** @type {HTMLElement} */ (next.querySelector('.verb:last-child') ?? next).focus();
      else field(this.#slot)?.focus();
    }
    element.remove();
    this.#items.delete(entry);
  }
}
