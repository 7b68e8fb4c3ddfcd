// @ts-check
/**
 * Events that the page's view is asked for, each with its answer.
 *
 * @import { Link, Problem, Reply } from './index.js'
 */
import { FAILED, OFFLINE } from './problems.js';

export class Events {
  #link;
  #seq = 0;
  /** @type {Map<number, (problem: Problem | null) => void>} */
  #asked = new Map();

  /** @param {Link} link */
  constructor(link) {
    this.#link = link;
  }

  /** @param {string} name @param {object} payload @returns {Promise<Problem | null>} */
  async send(name, payload) {
    if (!this.#link.ready) return OFFLINE;
    this.#seq += 1;
    const seq = this.#seq;
    this.#link.send({ type: 'event', name, payload, seq });
    return new Promise((resolve) => this.#asked.set(seq, resolve));
  }

  /** @param {Reply} reply */
  reply({ seq, ok, error = FAILED }) {
    this.#asked.get(seq)?.(ok ? null : error);
    this.#asked.delete(seq);
  }

  /** Answers that were awaited will not come any more. */
  down() {
    for (const answer of this.#asked.values()) answer(OFFLINE);
    this.#asked.clear();
  }
}
