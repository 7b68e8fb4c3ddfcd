// @ts-check
/**
 * Remembers uploads that were begun, beyond the page that began them.
 *
 * A browser gives no file back to a page that was loaded anew: a person has to choose it again. So that it then goes on where it
 * was, and so that nothing else is ever put behind its first bytes, a file is recognised by all that can be known of it without
 * reading it: name, size, time, path, and the digests of its two ends.
 *
 * @import { Note, View } from './index.js'
 * @import { Entry } from './entry.js'
 * @import { Page } from './page.js'
 * @import { Uploader } from './uploader.js'
 */
import { fingerprint } from './fingerprint.js';
import { Notes } from './notes.js';

/** A page asks the server for each of them, so it asks for no more than a person would choose again. */
const MOST_OFFERED = 50;
const LOCK = 'longshore ';
/** Every byte has arrived, so no file is needed any more. */
const ARRIVED = ['checking', 'uploaded'];

/** @typedef {Pick<Notes, 'all' | 'keep' | 'drop'>} Store */

/** @implements {View} */
export class Memory {
  element = globalThis.document?.documentElement;
  #uploader;
  #page;
  #notes;
  /** As the browser keeps them, by their ids. @type {Map<string, Note>} */
  #known = new Map();
  /** Under which id an entry is remembered here. @type {Map<Entry, string>} */
  #kept = new Map();
  /** This page, as other pages know it. */
  #tab = Math.random().toString(36).slice(2);
  #locked = false;
  #offered = false;

  /**
   * @param {Uploader} uploader
   * @param {string} page the path of its live door
   * @param {Store | null} notes
   */
  constructor(uploader, page, notes) {
    this.#uploader = uploader;
    this.#page = page;
    this.#notes = notes;
  }

  /** What has come to be known in any tab. */
  async read() {
    const notes = (await this.#notes?.all()) ?? [];
    this.#known = new Map(notes.filter(({ page }) => page === this.#page).map((note) => [note.id, note]));
  }

  /** @param {Entry} entry @param {boolean} [gone] */
  show(entry, gone = false) {
    const { id, state, settled, file, acked, error } = entry;
    const kept = this.#kept.get(entry);
    if (kept && error?.code === 'superseded') this.#kept.delete(entry);
    else if (kept && (gone || settled || ARRIVED.includes(state) || kept !== id)) this.#forget(entry, kept);
    if (gone && !file && id && !entry.asked) this.#giveUp(id);
    if (id && file && acked > 0 && state === 'uploading' && kept !== id) void this.#remember(entry, id, file);
  }

  /** @param {Entry} entry @param {string} id @param {File} file */
  async #remember(entry, id, file) {
    if (!this.#notes) return;
    this.#kept.set(entry, id);
    this.#lock();
    const ends = await fingerprint(file).catch(() => null);
    const { slot, name, size, path } = entry;
    if (ends === null || this.#kept.get(entry) !== id) return;
    const note = { id, page: this.#page, slot, name, size, path, time: file.lastModified, ends, tab: this.#tab, at: Date.now() };
    this.#known.set(id, note);
    await this.#notes.keep(note).catch(() => {});
    // It may have ended while it was written down.
    if (this.#kept.get(entry) !== id) await this.#notes.drop(id).catch(() => {});
  }

  /** @param {Entry} entry @param {string} id */
  #forget(entry, id) {
    this.#kept.delete(entry);
    this.#known.delete(id);
    void this.#notes?.drop(id).catch(() => {});
  }

  /** A person doesn't want it any more, and this connection has never taken it up. @param {string} id */
  #giveUp(id) {
    this.#known.delete(id);
    void this.#notes?.drop(id).catch(() => {});
    void fetch(address(id), { method: 'DELETE' }).catch(() => {});
  }

  /** Other tabs see by it that this one is alive; the browser lets it go with the page. */
  #lock() {
    if (!this.#locked) void globalThis.navigator?.locks?.request(LOCK + this.#tab, () => new Promise(() => {}));
    this.#locked = true;
  }

  /**
   * Looks whether chosen files are known, and has those go on that are.
   *
   * @param {Entry[]} entries of one slot, which nobody has registered yet
   */
  async find(entries) {
    await this.read();
    for (const entry of entries) {
      if (!entry.settled && entry.file) await this.#recognise(entry, entry.file);
    }
  }

  /** @param {Entry} entry @param {File} file */
  async #recognise(entry, file) {
    const { slot, name, size, path } = entry;
    const same = (/** @type {{ slot: string, name: string, size: number }} */ one) => one.slot === slot && one.name === name && one.size === size;
    const alike = [...this.#known.values()].filter((note) => same(note) && note.time === file.lastModified && note.path === path);
    const ends = alike.length > 0 && (await fingerprint(file));
    const note = alike.find((one) => one.ends === ends);
    const waiting = this.#uploader.of(slot).filter((one) => one.state === 'interrupted' && !one.file);
    // What was never written down had nothing sent, so any file of that name may be its beginning. Where nothing can be written
    // down, name and size are all there is.
    const plain = (/** @type {Entry} */ one) => same(one) && !this.#known.has(one.id ?? '') && (one.acked === 0 || !this.#notes);
    const place = waiting.find((one) => (note ? one.id === note.id : plain(one)));
    if (place) this.#take(entry, place);
    else if (note && !this.#uploader.all.some(({ id }) => id === note.id)) entry.id = note.id;
    else if (this.#uploader.slots.get(slot)?.max === 1) for (const one of waiting) this.#uploader.remove(one);
  }

  /** The chosen file takes the place of the row that waited for it. @param {Entry} entry @param {Entry} place */
  #take(entry, place) {
    const { ref, id, stream, asked, acked } = place;
    place.id = null;
    place.asked = false;
    this.#uploader.forget(place);
    entry.id = id;
    entry.back(acked);
    if (stream !== null) {
      this.#uploader.entries.delete(entry.ref);
      this.#uploader.entries.set(ref, Object.assign(entry, { ref, stream, asked }));
    }
    if (entry.state === 'queued') this.#uploader.proceed(entry);
  }

  /** Shows what was begun on this page and goes on nowhere, as far as the server still has it. */
  async offer() {
    const held = await globalThis.navigator?.locks?.query();
    if (this.#offered || !held) return;
    this.#offered = true;
    const alive = new Set(held.held?.map(({ name }) => name));
    const notes = [...this.#known.values()].filter(({ tab }) => !alive.has(LOCK + tab));
    for (const note of notes.slice(0, MOST_OFFERED)) {
      const { status, offset } = await ask(note.id);
      if (status === 'gone') await this.#notes?.drop(note.id);
      if (status !== 'uploading' || this.#uploader.all.some(({ id }) => id === note.id)) continue;
      const entry = this.#uploader.place(this.#uploader.ref(), note);
      Object.assign(entry, { id: note.id, path: note.path });
      entry.back(offset);
      this.#uploader.set(entry);
    }
  }
}

/** Beside the assets, wherever the application has put them all. @param {string} id */
function address(id) {
  return new URL(`../../../api/entries/${id}`, import.meta.url);
}

/** @param {string} id @returns {Promise<{ status: string, offset: number }>} */
async function ask(id) {
  try {
    const answer = await fetch(address(id));
    if (answer.ok) return await answer.json();
    return { status: answer.status === 404 ? 'gone' : 'unknown', offset: 0 };
  } catch {
    return { status: 'unknown', offset: 0 };
  }
}

/** @param {Page} page */
export async function open(page) {
  const { uploader, socket } = page;
  const memory = new Memory(uploader, new URL(socket.url).pathname, await Notes.open());
  await memory.read().catch(() => {});
  page.views.push(memory);
  for (const entry of uploader.all) memory.show(entry);
  return memory;
}
