// @ts-check
/**
 * The rows of one slot.
 *
 * @import { Changes, Verb, View } from './index.js'
 * @import { Entry } from './entry.js'
 */
import { Row } from './row.js';

/** @implements {View} */
export class List {
  #element;
  #act;
  #leave;
  /** @type {Map<Entry, Row>} */
  #rows = new Map();

  /**
   * @param {HTMLElement} element with `data-upload-progress`
   * @param {(verb: Verb, entry: Entry) => void} act
   * @param {() => void} leave takes the focus when the last row is gone
   */
  constructor(element, act, leave) {
    this.#element = element;
    this.#act = act;
    this.#leave = leave;
    element.addEventListener('click', (event) => this.#click(event));
    element.addEventListener('keydown', (event) => this.#key(event));
  }

  /** @param {Changes} changes */
  update(changes) {
    const fresh = document.createDocumentFragment();
    for (const [entry, gone] of changes) {
      if (entry.slot !== this.#element.dataset.uploadProgress) continue;
      let row = this.#rows.get(entry);
      if (gone) {
        if (row) this.#drop(row);
        continue;
      }
      if (!row) {
        row = new Row(entry);
        this.#rows.set(entry, row);
        fresh.append(row.element);
      }
      row.update();
    }
    this.#element.append(fresh);
  }

  /** @param {Row} row */
  #drop({ element, entry }) {
    if (element.contains(document.activeElement)) {
      const next = element.nextElementSibling ?? element.previousElementSibling;
      if (next) /** @type {HTMLElement} */ (next.querySelector('.verb:last-child') ?? next).focus();
      else this.#leave();
    }
    element.remove();
    this.#rows.delete(entry);
  }

  /** @param {Event} event */
  #row(event) {
    const item = /** @type {Element} */ (event.target).closest('.upload-progress-item');
    return [...this.#rows.values()].find(({ element }) => element === item);
  }

  /** @param {Event} event */
  #click(event) {
    const button = /** @type {Element} */ (event.target).closest('button');
    const row = this.#row(event);
    if (button?.dataset.verb && row) this.#act(/** @type {Verb} */ (button.dataset.verb), row.entry);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const row = event.key === 'Delete' && this.#row(event);
    if (!row) return;
    event.preventDefault();
    this.#act('remove', row.entry);
  }
}
