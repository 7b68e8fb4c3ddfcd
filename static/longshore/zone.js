// @ts-check
/**
 * A place to drop files on. What it says and how it looks follows from one state, `data-zone`.
 *
 * @import { View } from './index.js'
 * @import { Uploader } from './uploader.js'
 */
import { all, around, write } from './element.js';

/** @implements {View} */
export class Zone {
  element;
  /** @type {HTMLElement | null} */
  #hint;
  #uploader;
  #over = '';
  /** Whether the connection is lost. */
  offline = false;
  /** How many files of a folder were found so far, while it is read. @type {number | null} */
  reading = null;

  /**
   * @param {HTMLElement} element with `data-upload-drop`
   * @param {Uploader} uploader
   */
  constructor(element, uploader) {
    this.element = element;
    this.#uploader = uploader;
    this.#hint = element.querySelector('[data-upload-hint]');
    // What it says by itself can be changed in its attribute; its text changes with the state.
    if (this.#hint) this.#hint.dataset.uploadHint ||= this.#hint.textContent ?? '';
    element.addEventListener('click', (event) => {
      // A click with the mouse counts its presses; one made by the keyboard or by a label says zero.
      if (this.without('click') && event.detail > 0 && around(event, 'label,input')) event.preventDefault();
    });
    element.addEventListener('keydown', (event) => {
      if (this.without('keyboard') && [' ', 'Enter'].includes(event.key) && around(event, '[data-upload]')) event.preventDefault();
    });
    const able = () => {
      for (const input of all('input', element)) /** @type {HTMLInputElement} */ (input).disabled = element.hasAttribute('disabled');
      this.frame();
    };
    new MutationObserver(able).observe(element, { attributeFilter: ['disabled'] });
    if (element.hasAttribute('disabled')) able();
  }

  get slot() {
    return this.element.dataset.uploadDrop ?? '';
  }

  get disabled() {
    return this.element.matches('[disabled],:has([type=file]:disabled)');
  }

  /** Whether a way in was closed by an attribute. @param {'click' | 'drag' | 'keyboard' | 'paste'} way */
  without(way) {
    return this.element.hasAttribute(`data-upload-no-${way}`);
  }

  get droppable() {
    return !this.disabled && !this.without('drag');
  }

  /** @param {'' | 'hover' | 'bad'} over what is being dragged over it */
  drag(over) {
    if (this.#over === over) return;
    this.#over = over;
    this.element.classList.toggle('upload-dragover', over === 'hover');
    this.frame();
  }

  frame() {
    const { offline, reading } = this;
    const max = this.#uploader.slots.get(this.slot)?.max ?? Infinity;
    const full = max > 1 && this.#uploader.of(this.slot).filter(({ holds }) => holds).length >= max;
    const [state, text] = this.disabled
      ? ['disabled', 'Uploads are closed']
      : reading !== null
        ? ['reading', `Reading folder… ${reading} files`]
        : this.#over === 'hover'
          ? ['hover', 'Drop to add']
          : this.#over
            ? ['bad', 'Only files can be dropped here']
            : offline
              ? ['offline', 'Offline. Files wait here']
              : full
                ? ['full', `All ${max.toLocaleString('en')} places are taken`]
                : ['empty', this.#hint?.dataset.uploadHint ?? ''];
    this.element.dataset.zone = state;
    if (this.#hint) write(this.#hint, text);
  }
}
