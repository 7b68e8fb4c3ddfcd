// @ts-check
/**
 * Reads one file ahead of its frames, in blocks.
 *
 * Each slice of a file is a round trip to another process of the browser: slice by slice at the size of a frame a large file
 * crawls at a third of the speed. So a block is read at once, and the next one while this one is being sent. No more than two
 * blocks of a file are ever in memory.
 *
 * The header of a frame is written over the bytes in front of its payload, so that nothing has to be copied. Those have been sent,
 * except at the beginning of a block, which is therefore read with a few bytes of the one before. Who goes back reads anew.
 */
import { HEADER } from './wire.js';

const BLOCK = 4 * 1024 * 1024;

/** @typedef {Promise<Uint8Array<ArrayBuffer>>} Bytes */

export class Blocks {
  #file;
  #size;
  /** Where the present block begins. */
  #start = -1;
  /** @type {Bytes | undefined} */
  #present;
  /** @type {Bytes | null} */
  #next = null;

  /** @param {Blob} file @param {number} size to ask a chosen file for it makes the page wait for another process */
  constructor(file, size) {
    this.#file = file;
    this.#size = size;
  }

  /**
   * The bytes from an offset on: at least one, at most so many, never across the end of a block.
   *
   * @param {number} at
   * @param {number} most
   */
  async read(at, most) {
    const start = at - (at % BLOCK);
    const next = start + BLOCK;
    if (start !== this.#start) {
      this.#present = (start === this.#start + BLOCK && this.#next) || this.#fetch(start);
      this.#next = null;
      this.#start = start;
    }
    const bytes = await /** @type {Bytes} */ (this.#present);
    if (next < this.#size) this.#next ??= this.#fetch(next);
    const from = at - start + (start && HEADER);
    return bytes.subarray(from, from + most);
  }

  /** @param {number} at @returns {Bytes} */
  #fetch(at) {
    // A slice makes the page wait, too.
    const part = this.#size > BLOCK ? this.#file.slice(at && at - HEADER, at + BLOCK) : this.#file;
    const bytes = part.arrayBuffer().then((buffer) => new Uint8Array(buffer));
    // Whoever waits for the block is told; a block that nobody needs any more may fail in silence.
    bytes.catch(() => {});
    return bytes;
  }
}
