// @ts-check
/**
 * What the server says, and what becomes of the entries by it.
 *
 * @import { Incoming, Progress, Registered, RemoteEntry, Welcome } from './index.js'
 * @import { Ledger } from './ledger.js'
 */
import { Entry } from './entry.js';
import { Slot } from './slot.js';

const UNKNOWN = { code: 'storage_error', message: "The file couldn't be stored. Try again." };
const DAMAGED = { code: 'checksum_mismatch', message: 'The file was damaged on its way. Try again.' };
const MAX_NACKS = 8;

export class Receiver {
  #ledger;
  #end;

  /**
   * @param {Ledger} ledger
   * @param {(entry: Entry, change: () => boolean) => void} end gives an entry up and tells the server
   */
  constructor(ledger, end) {
    this.#ledger = ledger;
    this.#end = end;
  }

  /** @param {Incoming} message */
  receive(message) {
    if (message.type === 'welcome') this.#welcome(message);
    if (message.type === 'registered') this.#registered(message);
    if (message.type === 'progress') this.#progress(message);
    if (message.type !== 'ack' && message.type !== 'nack') return;
    const { type, stream, offset } = message;
    for (const entry of this.#ledger.entries.values()) {
      if (entry.stream === stream && !entry.settled) this[type](entry, offset);
    }
  }

  /** @param {Welcome} welcome */
  #welcome({ slots, entries = [] }) {
    for (const [name, rules] of Object.entries(slots)) this.#ledger.slots.set(name, new Slot(rules));
    const remote = new Map(entries.map((there) => [there.ref, there]));
    for (const entry of this.#ledger.all) {
      const there = remote.get(entry.ref);
      remote.delete(entry.ref);
      if (entry.settled) continue;
      if (there) this.#adopt(entry, there);
      else if (entry.file) this.#anew(entry);
      else this.#ledger.forget(entry);
    }
    for (const there of remote.values()) this.#foreign(there);
  }

  /** The server hands it back: go on where it stands. @param {Entry} entry @param {RemoteEntry} there */
  #adopt(entry, there) {
    const { id = null, stream, offset, status } = there;
    Object.assign(entry, { id, stream, asked: true, admitted: true });
    entry.back(offset);
    if (status && status !== 'uploading') this.#progress({ ...there, status });
    else if (entry.file && entry.state !== 'paused') this.#ledger.proceed(entry);
  }

  /** The server knows nothing of it any more. @param {Entry} entry */
  #anew(entry) {
    entry.back(0);
    if (entry.state !== 'paused') this.#ledger.set(entry, 'queued');
    if (!entry.admitted) this.#ledger.admit(entry.slot, [entry]);
  }

  /** An entry from before the page was loaded anew; its file has to be chosen again. @param {RemoteEntry} there */
  #foreign(there) {
    if (there.status === 'error' || there.status === 'cancelled' || there.url) return;
    const entry = new Entry(there.ref, there.slot, there);
    entry.go = this.#ledger.slots.get(entry.slot)?.auto ?? true;
    this.#ledger.entries.set(entry.ref, entry);
    this.#ledger.set(entry, 'interrupted');
    this.#adopt(entry, there);
  }

  /** @param {Registered} message */
  #registered({ entries = [], errors = [] }) {
    for (const { ref, id, stream, offset } of entries) {
      const entry = this.#ledger.entries.get(ref);
      if (!entry || entry.settled) continue;
      Object.assign(entry, { id, stream });
      entry.back(offset);
      this.#ledger.set(entry);
    }
    for (const { ref, ...error } of errors) {
      const entry = this.#ledger.entries.get(ref);
      if (entry) this.#ledger.set(entry, () => entry.refuse(error));
    }
  }

  /** @param {Entry} entry @param {number} offset */
  ack(entry, offset) {
    entry.ack(offset);
    this.#ledger.set(entry, entry.state === 'uploading' && entry.acked === entry.size ? 'checking' : undefined);
  }

  /** @param {Entry} entry @param {number} offset */
  nack(entry, offset) {
    entry.nacks += 1;
    entry.back(offset);
    if (entry.nacks > MAX_NACKS) this.#end(entry, () => entry.refuse(DAMAGED));
    else this.#ledger.set(entry, entry.state === 'checking' ? 'uploading' : undefined);
  }

  /** @param {Pick<Progress, 'ref' | 'id' | 'error' | 'url' | 'taken'> & { status: string }} message */
  #progress({ ref, id, status, error = UNKNOWN, url, taken }) {
    const entry = this.#ledger.entries.get(ref);
    if (!entry) return;
    entry.id = id ?? entry.id;
    if (status === 'verifying') this.#ledger.set(entry, 'checking');
    if (status === 'cancelled') this.#ledger.set(entry, status);
    if (status === 'error') this.#ledger.set(entry, () => entry.refuse(error));
    if (status !== 'complete') return;
    entry.acked = entry.sent = entry.size;
    entry.url = url ?? null;
    this.#ledger.set(entry, url || taken ? 'stored' : 'uploaded');
  }
}
