// @ts-check
/**
 * What a person can do with files: add, pause, resume, cancel, retry, remove, submit.
 *
 * It is the ledger of the page's entries with verbs; the sender moves their bytes, the receiver listens to the server. None of them
 * touches the page, so that a test can run them with a socket and files of its own.
 *
 * @import { Incoming, Link, Picked } from './index.js'
 * @import { Memory } from './memory.js'
 */
import { Entry } from './entry.js';
import { Ledger } from './ledger.js';
import { UNREADABLE } from './problems.js';
import { receive } from './receiver.js';
import { Sender } from './sender.js';
import { batches } from './wire.js';

/** To ask a chosen file for its size or its time makes the page wait for another process; a thousand of them at once would stop it. */
export const PORTION = 100;

export class Uploader extends Ledger {
  #link;
  #sender;
  #recall;
  /** Cancelled while nobody could be told. @type {Set<string>} */
  #untold = new Set();

  /**
   * @param {Link} link
   * @param {(entry: Entry, gone?: boolean) => void} changed
   * @param {(wanted?: boolean) => Promise<Memory> | undefined} recall the memory of unfinished uploads, if there is any or it is wanted
   */
  constructor(link, changed, recall) {
    super(changed);
    this.#link = link;
    this.#recall = recall;
    this.#sender = new Sender(link, this, (entry) => this.end(entry, () => entry.refuse(UNREADABLE)));
  }

  /**
   * @param {string} name of the slot
   * @param {Picked[]} picks
   * @param {number} [others] how many were chosen together with them and are here already
   */
  add(name, picks, others) {
    const before = this.of(name);
    const slot = this.slots.get(name);
    // With a single place a good new choice takes the place of the old one, as it does in any file field.
    if (slot?.max === 1 && !others && picks.some(({ file }) => !slot.admit(file, 0))) {
      for (const entry of before) if (entry.state !== 'interrupted') this.remove(entry);
    }
    const memory = this.#recall(before.some(({ state }) => state === 'interrupted'));
    const entries = picks.map(({ file, path }) => Object.assign(new Entry(this.ref(), name, file), { file, path, doubt: !!memory }));
    this.admit(name, entries);
    memory?.then((known) => known.find(entries)).finally(() => {
      for (const entry of entries) {
        entry.doubt = false;
        this.set(entry);
      }
      this.#register();
    });
    this.#register();
    return entries;
  }

  /** @param {Entry} entry */
  pause(entry) {
    if (entry.state === 'uploading' || entry.state === 'queued') this.set(entry, 'paused');
    this.#sender.pump();
  }

  /** @param {Entry} entry */
  resume(entry) {
    if (entry.state === 'paused') this.proceed(entry);
    this.#sender.pump();
  }

  /** Takes an upload back that goes on elsewhere. @param {Entry} entry */
  continue(entry) {
    if (entry.state !== 'interrupted' || !entry.file) return;
    entry.error = null;
    this.set(entry, 'queued');
    this.#link.again();
    this.#register();
  }

  /** @param {Entry} entry */
  cancel(entry) {
    this.end(entry, () => entry.become('cancelled'));
    this.#sender.pump();
  }

  /** Takes it off the page; what is still on its way is cancelled. @param {Entry} entry */
  remove(entry) {
    this.cancel(entry);
    this.forget(entry);
  }

  /** Stops whatever is on its way. @param {string} [slot] */
  cancelAll(slot) {
    for (const entry of this.some(slot)) if (entry.moving) this.cancel(entry);
  }

  /** Takes off the page what has come to its end and what was never let go. @param {string} [slot] */
  clear(slot) {
    for (const entry of this.some(slot)) if (entry.settled || (entry.state === 'queued' && !entry.moving)) this.remove(entry);
  }

  /** @param {Entry} entry */
  retry(entry) {
    if (!entry.settled || !entry.file) return;
    this.entries.delete(entry.ref);
    entry.renew(this.ref());
    this.admit(entry.slot, [entry]);
    this.#register();
  }

  /**
   * Lets the chosen files of manual slots go.
   *
   * @param {string[]} slots
   * @returns {Promise<void>} kept when each of them has arrived, failed or been given up
   */
  submit(slots) {
    for (const entry of this.of(...slots)) {
      entry.go = true;
      this.set(entry);
    }
    this.#sender.pump();
    return this.still(slots);
  }

  /** The form was saved, so what had waited for it is stored. @param {string[]} slots */
  saved(slots) {
    for (const entry of this.of(...slots)) if (entry.state === 'uploaded') this.set(entry, 'stored');
  }

  /** Ends it from our side and tells the server. @param {Entry} entry @param {() => boolean} change */
  end(entry, change) {
    const { ready } = this.#link;
    const known = ready ? entry.asked : entry.id;
    if (!this.set(entry, change) || !known) return;
    if (ready) this.#link.send({ type: 'cancel', ref: entry.ref });
    else this.#untold.add(entry.ref);
  }

  /** @param {Incoming} message */
  receive(message) {
    const { type } = message;
    if (type === 'welcome') {
      this.#sender.limit(message);
      for (const ref of this.#untold) this.#link.send({ type: 'cancel', ref });
      message.entries = message.entries?.filter(({ ref }) => !this.#untold.delete(ref));
    }
    receive(this, message);
    if (type === 'welcome' || type === 'registered') this.#register();
    this.#sender.pump();
  }

  /** The connection is gone. @param {boolean} forever */
  down(forever) {
    for (const entry of this.all) {
      entry.detach();
      this.set(entry, forever && !entry.settled ? 'interrupted' : undefined);
    }
  }

  /** Says once more how those stand that are on their way. @returns whether bytes are out that nobody has acknowledged */
  look() {
    const going = this.all.filter(({ state }) => state === 'uploading');
    for (const entry of going) this.set(entry);
    return going.some(({ sent, acked }) => sent > acked);
  }

  #register() {
    if (!this.#link.ready) return;
    for (const slot of this.slots.keys()) {
      const fresh = this.of(slot).filter(({ holds, asked, file, doubt }) => holds && !asked && file && !doubt);
      const facts = fresh.flatMap((entry) => {
        const { ref, id, name, size, type: mime, path, file } = entry;
        entry.asked = true;
        if (!id) return { ref, name, size, mime, relative_path: path, last_modified: file?.lastModified };
        this.#link.send({ type: 'attach', ref, id, size });
        return [];
      });
      for (const entries of batches(facts)) this.#link.send({ type: 'register', slot, entries });
    }
    this.#sender.pump();
  }
}
