// @ts-check
/**
 * What concerns the whole page: the state of the connection, and the one voice for screen readers.
 *
 * @import { Changes, View } from './index.js'
 * @import { Entry } from './entry.js'
 */
import { printable, write } from './element.js';
import { plural } from './format.js';

const PAUSE = 600;
const FEW = 3;

/** @implements {View} */
export class Status {
  #banner = document.querySelector('[data-upload-connection]');
  #voice = document.querySelector('[data-upload-voice]');
  /** @type {WeakMap<Entry, string>} */
  #said = new WeakMap();
  /** @type {string[]} */
  #stored = [];
  /** @type {string[]} */
  #lines = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} text stays until it isn't true any more; empty takes it away */
  connection(text) {
    if (!(this.#banner instanceof HTMLElement)) return;
    this.#banner.hidden = text === '';
    write(this.#banner, text);
  }

  /** @param {string} line */
  announce(line) {
    this.#lines.push(line);
    // Whoever listens wants to know what came of it, not every step; what happens together is said together.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#speak(), PAUSE);
  }

  /** @param {Changes} changes */
  update(changes) {
    for (const [entry, gone] of changes) {
      if (gone || this.#said.get(entry) === entry.state) continue;
      this.#said.set(entry, entry.state);
      const name = printable(entry.name);
      if (entry.state === 'stored') this.#stored.push(name);
      if (entry.error) this.announce(`${name}: ${entry.error.message}`);
      else if (entry.state === 'stored') this.announce('');
    }
  }

  #speak() {
    const stored = this.#stored.length > FEW ? [`${plural(this.#stored.length, 'file')} stored.`] : this.#stored.map((name) => `${name} stored.`);
    const lines = this.#lines.filter(Boolean);
    const more = lines.length - FEW;
    if (more > 0) lines.splice(FEW, more, `and ${plural(more, 'other message')}.`);
    if (this.#voice) write(this.#voice, [...stored, ...lines].join(' '));
    this.#stored = [];
    this.#lines = [];
  }
}
