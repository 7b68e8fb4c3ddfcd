// @ts-check
/**
 * What concerns the whole page: the state of the connection, and the one voice for screen readers.
 *
 * @import { View } from './index.js'
 * @import { Entry } from './entry.js'
 */
import { all, printable, write } from './element.js';
import { plural } from './format.js';

const PAUSE = 600;
const FEW = 3;

/** @implements {View} */
export class Status {
  element = document.documentElement;
  /** @type {WeakMap<Entry, string>} */
  #said = new WeakMap();
  /** @type {string[]} */
  #stored = [];
  /** @type {string[]} */
  #lines = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string | false} [text] stays until it isn't true any more; none takes it away */
  connection(text) {
    for (const banner of all('[data-upload-connection]')) {
      banner.hidden = !text;
      write(banner, text || '');
    }
  }

  /** @param {string} [line] */
  announce(line) {
    if (line) this.#lines.push(line);
    // Whoever listens wants to know what came of it, not every step; what happens together is said together.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#speak(), PAUSE);
  }

  /** @param {Entry} entry @param {boolean} gone */
  show(entry, gone) {
    const { state, error } = entry;
    if (gone || this.#said.get(entry) === state) return;
    this.#said.set(entry, state);
    const name = printable(entry.name);
    if (state === 'stored') this.#stored.push(`${name} stored.`);
    if (error) this.announce(`${name}: ${error.message}`);
    else if (state === 'stored') this.announce();
  }

  #speak() {
    const stored = this.#stored.splice(0);
    const lines = this.#lines.splice(0);
    const more = lines.length - FEW;
    if (more > 0) lines.splice(FEW, more, `and ${plural(more, 'other message')}.`);
    const text = [...(stored.length > FEW ? [`${plural(stored.length, 'file')} stored.`] : stored), ...lines].join(' ');
    for (const voice of all('[data-upload-voice]')) write(voice, text);
  }
}
