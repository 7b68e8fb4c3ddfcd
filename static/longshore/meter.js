// @ts-check
/**
 * A speed that a person can read.
 *
 * Bytes arrive in bursts; the plain quotient would leap between zero and ten times the truth. Each step is averaged in with
 * a weight that forgets over a few seconds.
 */

const MEMORY = 3000;
const SHORTEST_STEP = 250;

export class Meter {
  /** @type {number | null} */
  #since = null;
  #bytes = 0;

  /** Bytes per second, or 0 while it isn't known yet. */
  rate = 0;

  /**
   * @param {number} bytes
   * @param {number} now in milliseconds
   */
  add(bytes, now) {
    this.#since ??= now;
    this.#bytes += bytes;
    const elapsed = now - this.#since;
    if (elapsed < SHORTEST_STEP) return;
    const present = (this.#bytes / elapsed) * 1000;
    const weight = this.rate ? 1 - Math.exp(-elapsed / MEMORY) : 1;
    this.rate += (present - this.rate) * weight;
    this.#since = now;
    this.#bytes = 0;
  }

  stop() {
    this.#since = null;
    this.#bytes = 0;
    this.rate = 0;
  }
}
