// @ts-check
/**
 * One file on its way: what it is, how far it has come, and what it is doing.
 *
 * It knows neither the page nor the socket. `sent` runs ahead of `acked`; after anything went wrong it goes back, because only
 * what the server has acknowledged is true.
 *
 * @import { Problem, Snapshot, State } from './index.js'
 */
import { percent } from './format.js';
import { Meter } from './meter.js';

/** Nothing more will happen to these unless somebody asks. */
const SETTLED = ['stored', 'refused', 'failed', 'cancelled'];
const MOVING = ['uploading', 'paused', 'reconnecting', 'checking'];

/** What may be on its way whatever the line's speed is, as long as the server's window is no smaller. */
const AT_LEAST = 4 * 1024 * 1024;

/** These faults lie in the file itself, so sending it again would end the same way. */
const FINAL = [
  'too_large', 'too_small', 'too_many_files', 'total_too_large', 'not_accepted', 'content_mismatch', 'active_content',
  'empty_name', 'invalid_name', 'infected', 'forbidden', 'unknown_slot',
];

export class Entry {
  ref;
  slot;
  name;
  /** To ask a chosen file for it again makes the page wait for another process. */
  size;
  type;
  /** Null for an upload that was begun before the page was loaded anew. @type {File | null} */
  file = null;
  /** @type {string | undefined} */
  path;
  /** @type {string | null} */
  id = null;
  /** The number that the present connection gave to it. @type {number | null} */
  stream = null;
  sent = 0;
  acked = 0;
  /** Whether it may be sent: at once in an automatic slot, after Save in a manual one. */
  go = false;
  /** Whether it holds one of the slot's places. */
  admitted = false;
  /** Whether the present connection has been asked to register it. */
  asked = false;
  /** Whether it is still being found out if a part of it has been sent before. */
  doubt = false;
  /** Counts the times that `sent` went back; bytes read before that are not sent any more. */
  turn = 0;
  nacks = 0;
  /** @type {Problem | null} */
  error = null;
  /** @type {string | null} */
  url = null;
  /** @type {State} */
  state = 'queued';
  /** What was read ahead, kept while it waits for credit. @type {import('./blocks.js').Blocks | null} */
  blocks = null;
  #meter = new Meter();

  /**
   * @param {string} ref
   * @param {string} slot
   * @param {{ name: string, size: number, type?: string }} facts
   */
  constructor(ref, slot, { name, size, type }) {
    this.ref = ref;
    this.slot = slot;
    this.name = name;
    this.size = size;
    this.type = type;
  }

  get settled() {
    return SETTLED.includes(this.state);
  }

  /** It is on its way or will be without anybody's doing. */
  get moving() {
    return MOVING.includes(this.state) || (this.state === 'queued' && this.go);
  }

  /** It counts against the slot's number of files. */
  get holds() {
    return this.admitted && !this.settled && this.state !== 'interrupted';
  }

  get progress() {
    return percent(this.acked, this.size);
  }

  /** Bytes per second, 0 while they aren't known. */
  get rate() {
    return this.state === 'uploading' ? this.#meter.rate(performance.now()) : 0;
  }

  /**
   * How far it may be ahead of what is acknowledged: what a second brings. On a slow line a large window would only be a long queue,
   * and whatever a person does would wait at its end.
   *
   * @param {number} window that the server grants
   */
  ahead(window) {
    return Math.min(window, Math.max(AT_LEAST, this.#meter.pace(performance.now())));
  }

  /** A copy for the application, which doesn't change any more. @returns {Snapshot} */
  get snapshot() {
    const { ref, id, slot, name, size, path, acked: loaded, progress, rate, state: status, error, url, file } = this;
    return { ref, id, slot, name, size, path, loaded, progress, rate, status, error, url, file };
  }

  /**
   * INVARIANT: a settled file leaves its state only by being tried again, and a stored one never does. A late message of the
   * server therefore can't bring a cancelled file back. One word is stronger: its last bytes may have been on their way before
   * the wish to cancel it, and what the server has stored is stored.
   *
   * @param {State} state
   */
  become(state) {
    const late = this.state === 'cancelled' && state === 'stored';
    if (state === this.state || (this.settled && !late && (state !== 'queued' || this.state === 'stored'))) return false;
    this.state = state;
    if (state !== 'uploading') this.#meter.stop();
    return true;
  }

  /** @param {Problem} problem */
  refuse(problem) {
    if (problem.code === 'cancelled') return this.become('cancelled');
    this.error = problem;
    if (problem.code === 'superseded') {
      this.detach();
      return this.become('interrupted');
    }
    return this.become(FINAL.includes(problem.code) ? 'refused' : 'failed');
  }

  /** @param {number} offset */
  ack(offset) {
    if (offset <= this.acked || offset > this.size) return;
    // What was on its way when a person paused still arrives, and is no speed.
    if (this.state === 'uploading') this.#meter.add(offset - this.acked, performance.now());
    this.acked = offset;
    this.sent = Math.max(this.sent, offset);
    this.nacks = 0;
  }

  /** @param {number} offset where the server wants the next byte */
  back(offset) {
    this.sent = this.acked = Math.min(offset, this.size);
    // Headers have been written over what was sent.
    this.blocks = null;
    this.turn += 1;
  }

  /** The connection is gone, and with it the number of the stream. */
  detach() {
    this.stream = null;
    this.asked = false;
    this.turn += 1;
    if (this.moving && this.state !== 'paused') this.become('reconnecting');
  }

  /** @param {string} ref a new one, because the server remembers how the old one ended */
  renew(ref) {
    this.ref = ref;
    this.id = this.stream = this.error = null;
    // A slot that waits for its form waits again: nobody else would say "save" for this file.
    this.asked = this.admitted = this.go = false;
    this.nacks = 0;
    this.back(0);
    this.become('queued');
  }
}
