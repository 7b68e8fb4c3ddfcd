// @ts-check
/**
 * Reads one file ahead of its frames, in blocks.
 *
 * Each slice of a file is a round trip to another process of the browser: slice by slice at the size of a frame a large file
 * crawls at a third of the speed. So a block is read at once, and the next one while this one is being sent. No more than two
 * blocks of a file are ever in memory.
 */

const BLOCK = 4 * 1024 * 1024;

/** @typedef {{ at: number, bytes: Promise<Uint8Array<ArrayBuffer>> }} Block */

export class Blocks {
  #file;
  /** @type {Block | null} */
  #current = null;
  /** @type {Block | null} */
  #next = null;

  /** @param {Blob} file */
  constructor(file) {
    this.#file = file;
  }

  /**
   * The bytes from an offset on: at least one, at most so many, never across the end of a block.
   *
   * @param {number} at
   * @param {number} most
   */
  async read(at, most) {
    const start = at - (at % BLOCK);
    if (this.#current?.at !== start) {
      this.#current = this.#next?.at === start ? this.#next : this.#fetch(start);
      this.#next = null;
    }
    const bytes = await this.#current.bytes;
    if (!this.#next && start + BLOCK < this.#file.size) this.#next = this.#fetch(start + BLOCK);
    return bytes.subarray(at - start, at - start + most);
  }

  /**
   * @param {number} at
   * @returns {Block}
   */
  #fetch(at) {
    const bytes = this.#file
      .slice(at, at + BLOCK)
      .arrayBuffer()
      .then((buffer) => new Uint8Array(buffer));
    // Whoever waits for the block is told; a block that nobody needs any more may fail in silence.
    bytes.catch(() => {});
    return { at, bytes };
  }
}
