// @ts-check
/**
 * Moves the bytes: a few files side by side, slice by slice, never more than the server has given credit for.
 *
 * Without the credit a fast disk would fill the browser's memory, because `WebSocket.send` never says no.
 *
 * @import { Link, Welcome } from './index.js'
 * @import { Entry } from './entry.js'
 * @import { Ledger } from './ledger.js'
 */
import { Blocks } from './blocks.js';
import { HEADER, frame } from './wire.js';

const PARALLEL = 3;
const MOST_UNANSWERED = 24;
const GOOD_PAYLOAD = 256 * 1024;
const MAX_BUFFERED = 4 * 1024 * 1024;
const LOOK_AGAIN = 20;
/** A file of which no more is on its way gives its place to the next one. */
const LITTLE_LEFT = 4 * 1024 * 1024;

export class Sender {
  #link;
  #ledger;
  #unreadable;
  #window = 0;
  #room = 0;
  /** @type {Set<Entry>} */
  #reading = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Link} link
   * @param {Ledger} ledger
   * @param {(entry: Entry) => void} unreadable
   */
  constructor(link, ledger, unreadable) {
    this.#link = link;
    this.#ledger = ledger;
    this.#unreadable = unreadable;
  }

  /** @param {Welcome} welcome */
  limit(welcome) {
    this.#window = welcome.window;
    this.#room = welcome.max_frame - HEADER;
  }

  /** Starts what may start and feeds what has credit. Calling it too often does no harm. */
  pump() {
    if (!this.#link.ready) return;
    const { all, parallel } = this.#ledger;
    const going = all.filter(({ state }) => state === 'uploading');
    // A server that doesn't answer isn't given ever more.
    let answered = MOST_UNANSWERED - going.length;
    /** @type {Map<string, number>} */
    const places = new Map();
    const take = (/** @type {string} */ slot) => {
      const left = (places.get(slot) ?? parallel.get(slot) ?? PARALLEL) - 1;
      places.set(slot, left);
      return left >= 0;
    };
    // Many small files would wait for many round trips otherwise. All that is left of a large one may be on its way to a server far away.
    for (const { slot, sent, acked, size } of going) if (sent < size || size - acked > LITTLE_LEFT) take(slot);
    for (const entry of all) {
      if (entry.state === 'queued' && entry.go && entry.stream !== null && entry.file && answered > 0 && take(entry.slot)) {
        answered -= 1;
        this.#ledger.set(entry, entry.size > 0 ? 'uploading' : 'checking');
      }
      if (entry.state === 'uploading' && entry.sent < entry.size) this.#feed(entry);
    }
  }

  /** @param {Entry} entry */
  async #feed(entry) {
    const { file, turn } = entry;
    if (this.#reading.has(entry) || !file) return;
    const good = Math.max(this.#ledger.slots.get(entry.slot)?.rules.chunk_size ?? 0, GOOD_PAYLOAD);
    const most = Math.min(this.#room, good, this.#window);
    const blocks = (entry.blocks ??= new Blocks(file, entry.size));
    this.#reading.add(entry);
    try {
      while (this.#may(entry, turn)) {
        const at = entry.sent;
        const wanted = Math.min(most, entry.size - at);
        if (at + wanted > entry.acked + entry.ahead(this.#window)) break;
        if (this.#link.buffered > MAX_BUFFERED) {
          clearTimeout(this.#timer);
          this.#timer = setTimeout(() => this.pump(), LOOK_AGAIN);
          break;
        }
        const payload = await blocks.read(at, wanted);
        // ORDER: while the disk was read the person may have paused, or the server may have asked to go back.
        if (!this.#may(entry, turn)) break;
        if (payload.length === 0) throw RangeError();
        this.#link.sendBytes(frame(/** @type {number} */ (entry.stream), at, payload));
        entry.sent = at + payload.length;
      }
    } catch {
      this.#unreadable(entry);
    }
    this.#reading.delete(entry);
    if (!this.#may(entry, turn)) entry.blocks = null;
    if (entry.turn !== turn || entry.sent === entry.size) this.pump();
  }

  /**
   * @param {Entry} entry
   * @param {number} turn
   */
  #may(entry, turn) {
    return this.#link.ready && entry.state === 'uploading' && entry.turn === turn && entry.sent < entry.size;
  }
}
