// @ts-check
/**
 * Every entry of the page and every slot that it knows, and the one place where an entry changes its state.
 *
 * @import { State, Totals } from './index.js'
 */
import { Entry } from './entry.js';
import { percent } from './format.js';
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

  /** @param {(entry: Entry, gone?: boolean) => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  get all() {
    return [...this.entries.values()];
  }

  /** @param {string} ref */
  entry(ref) {
    return this.entries.get(ref);
  }

  /** @param {string[]} slots */
  of(...slots) {
    return this.all.filter(({ slot }) => slots.includes(slot));
  }

  /** Those of one slot, or all of the page. @param {string} [slot] */
  some(slot) {
    return slot ? this.of(slot) : this.all;
  }

  /** What is refused, failed or given up isn't counted. @param {string} [slot] @returns {Totals} */
  totals(slot) {
    const good = this.some(slot).filter(({ state, settled }) => !settled || state === 'stored');
    const sum = (/** @type {(entry: Entry) => number} */ of) => good.reduce((sum, entry) => sum + of(entry), 0);
    const [loaded, total, rate] = [sum(({ acked }) => acked), sum(({ size }) => size), sum((entry) => entry.rate)];
    return {
      files: good.length,
      done: sum(({ state }) => Number(state === 'stored')),
      loaded,
      total,
      progress: percent(loaded, total),
      rate,
      remaining: rate ? (total - loaded) / rate : null,
    };
  }

  /** A reference that no other page has, since entries of an earlier one may be handed to us. */
  ref() {
    return Math.random().toString(36).slice(2);
  }

  /** @param {Entry} entry */
  forget(entry) {
    this.entries.delete(entry.ref);
    this.#changed(entry, true);
    this.#settle();
  }

  /** A row that waits for its file. @param {string} ref @param {{ slot: string, name: string, size: number }} facts */
  place(ref, facts) {
    const entry = new Entry(ref, facts.slot, facts);
    entry.go = !!this.slots.get(facts.slot)?.auto;
    this.entries.set(ref, entry);
    this.set(entry, 'interrupted');
    return entry;
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
        const problem = slot.admit(entry, taken);
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
