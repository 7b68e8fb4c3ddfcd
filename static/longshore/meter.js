// @ts-check
/**
 * A speed that a person can read.
 *
 * Bytes arrive in bursts; the plain quotient would leap between zero and ten times the truth. Each step is averaged in with
 * a weight that forgets over a few seconds. A speed that nothing has confirmed for as long isn't one any more.
 */

const MEMORY = 3000;
const SHORTEST_STEP = 250;

export class Meter {
  #since = 0;
  #bytes = 0;
  #rate = 0;
  #present = 0;

  /**
   * @param {number} bytes
   * @param {number} now in milliseconds
   */
  add(bytes, now) {
    this.#since ||= now;
    this.#bytes += bytes;
    const elapsed = now - this.#since;
    if (elapsed < SHORTEST_STEP) return;
    this.#present = (this.#bytes / elapsed) * 1000;
    this.#rate += (this.#present - this.#rate) * (this.#rate ? 1 - Math.exp(-elapsed / MEMORY) : 1);
    this.#since = now;
    this.#bytes = 0;
  }

  /** Bytes per second; 0 while it isn't known, or isn't true any more. @param {number} now in milliseconds */
  rate(now) {
    return this.#fresh(now) ? this.#rate : 0;
  }

  /** The same, but a line that has become faster is seen at once. @param {number} now in milliseconds */
  pace(now) {
    return this.#fresh(now) ? Math.max(this.#rate, this.#present) : 0;
  }

  stop() {
    this.#since = this.#bytes = this.#rate = this.#present = 0;
  }

  /** @param {number} now */
  #fresh(now) {
    return now - this.#since < MEMORY;
  }
}
