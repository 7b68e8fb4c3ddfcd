// @ts-check
/**
 * Every entry of the page and every slot that it knows, and the one place where an entry changes its state.
 *
 * @import { State } from './index.js'
 */
import { Entry } from './entry.js';
import { Slot } from './slot.js';

export class Ledger {
  /** @type {Map<string, Entry>} */
  entries = new Map();
  /** @type {Map<string, Slot>} */
  slots = new Map();
  /** How many files of a slot go side by side, where the page has a wish. @type {Map<string, number>} */
  parallel = new Map();
  #changed;
  /** @type {{ slots: string[], resolve: () => void }[]} */
  #waiting = [];
  /** References are unique beyond this page, since entries of an earlier one may be handed to us. */
  #prefix = Math.random().toString(36).slice(2, 8);
  #count = 0;

  /** @param {(entry: Entry, gone?: boolean) => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  get all() {
    return [...this.entries.values()];
  }

  /** @param {string[]} slots */
  of(...slots) {
    return this.all.filter(({ slot }) => slots.includes(slot));
  }

  ref() {
    this.#count += 1;
    return `${this.#prefix}-${this.#count}`;
  }

  /** @param {Entry} entry */
  forget(entry) {
    this.entries.delete(entry.ref);
    this.#changed(entry, true);
    this.#settle();
  }

  /**
   * Gives each of them a place in its slot, or the reason why not.
   *
   * @param {string} name of their slot
   * @param {Entry[]} entries
   */
  admit(name, entries) {
    const slot = this.slots.get(name);
    // Counted once: to count anew for each of a thousand files would take as long as all the rest.
    let taken = this.of(name).filter(({ holds }) => holds).length;
    for (const entry of entries) {
      this.entries.set(entry.ref, entry);
      // Before the first `welcome` the rules aren't known yet; the file waits in its row.
      if (slot && entry.file) {
        const problem = slot.admit(entry.file, taken);
        entry.go ||= slot.auto;
        entry.admitted = !problem;
        if (problem) entry.refuse(problem);
        else taken += 1;
      }
      this.set(entry);
    }
  }

  /**
   * @param {Entry} entry
   * @param {State | (() => boolean)} [change] without it only the figures have changed
   */
  set(entry, change = () => true) {
    const done = typeof change === 'function' ? change() : entry.become(change);
    this.#changed(entry);
    this.#settle();
    return done;
  }

  /** Back on its way, from where it stands. @param {Entry} entry */
  proceed(entry) {
    this.set(entry, entry.size > 0 && entry.acked === entry.size ? 'checking' : 'queued');
  }

  /**
   * @param {string[]} slots
   * @returns {Promise<void>} kept when nothing in them is on its way any more
   */
  still(slots) {
    return new Promise((resolve) => {
      this.#waiting.push({ slots, resolve });
      this.#settle();
    });
  }

  #settle() {
    this.#waiting = this.#waiting.filter(({ slots, resolve }) => this.of(...slots).some(({ moving }) => moving) || resolve());
  }
}
