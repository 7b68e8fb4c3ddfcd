// @ts-check
/**
 * A place to drop files on. What it says and how it looks follows from one state, `data-zone`.
 *
 * @import { Changes, View } from './index.js'
 * @import { Uploader } from './uploader.js'
 */
import { write } from './element.js';
import { unpack } from './folder.js';

/** @implements {View} */
export class Zone {
  #element;
  #hint;
  #greeting;
  #uploader;
  #over = '';
  #offline = false;
  #reading = -1;

  /**
   * @param {HTMLElement} element with `data-upload-drop`
   * @param {Uploader} uploader
   */
  constructor(element, uploader) {
    this.#element = element;
    this.#uploader = uploader;
    this.#hint = element.querySelector('[data-upload-hint]');
    this.#greeting = this.#hint?.textContent ?? '';
    const { dataset } = element;
    if (element.hasAttribute('disabled')) for (const input of element.querySelectorAll('input')) input.disabled = true;
    element.addEventListener('click', (event) => {
      // A click with the mouse counts its presses; one made by the keyboard or by a label says zero.
      if ('uploadNoClick' in dataset && event.detail > 0) event.preventDefault();
    });
    element.addEventListener('keydown', (event) => {
      if ('uploadNoKeyboard' in dataset && (event.key === ' ' || event.key === 'Enter')) event.preventDefault();
    });
    this.update();
  }

  get slot() {
    return this.#element.dataset.uploadDrop ?? '';
  }

  get disabled() {
    return this.#element.querySelector('input[type=file]:disabled') !== null || this.#element.hasAttribute('disabled');
  }

  get droppable() {
    return !this.disabled && !('uploadNoDrag' in this.#element.dataset);
  }

  /** @param {Node} node */
  contains(node) {
    return this.#element.contains(node);
  }

  /** @param {'' | 'hover' | 'bad'} over what is being dragged over it */
  drag(over) {
    if (this.#over === over) return;
    this.#over = over;
    this.#element.classList.toggle('upload-dragover', over === 'hover');
    this.update();
  }

  /** @param {boolean} offline */
  connection(offline) {
    this.#offline = offline;
    this.update();
  }

  /** @param {DataTransfer} transfer */
  async drop(transfer) {
    const picks = await unpack(transfer, (count) => {
      this.#reading = count;
      this.update();
    });
    this.#reading = -1;
    this.#uploader.add(this.slot, picks);
    this.update();
  }

  /** @param {Changes} [_changes] */
  update(_changes) {
    const max = this.#uploader.slot(this.slot)?.max ?? Infinity;
    const full = max > 1 && this.#uploader.of(this.slot).filter((entry) => entry.admitted && !entry.settled).length >= max;
    const [state, text] = this.disabled
      ? ['disabled', 'Uploads are closed']
      : this.#reading >= 0
        ? ['reading', `Reading folder… ${this.#reading} files`]
        : this.#over === 'hover'
          ? ['hover', 'Drop to add']
          : this.#over === 'bad'
            ? ['bad', 'Only files can be dropped here']
            : this.#offline
              ? ['offline', 'Offline. Files wait here']
              : full
                ? ['full', `All ${max.toLocaleString('en')} places are taken`]
                : ['empty', this.#greeting];
    this.#element.dataset.zone = state;
    if (this.#hint) write(this.#hint, text);
  }
}
