// @ts-check
/**
 * Where the browser keeps what it knows of unfinished uploads: IndexedDB, the same for all tabs, a bounded number, for a week.
 *
 * @import { Note } from './index.js'
 */

const MOST = 1000;
const WEEK = 7 * 24 * 60 * 60 * 1000;
const STORE = 'unfinished';
/** Set while there is anything to remember, so that a page needn't fetch this module to learn that there isn't. */
const FLAG = 'longshore';

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export class Notes {
  #base;

  /** @param {IDBDatabase} base */
  constructor(base) {
    this.#base = base;
  }

  /** @returns {Promise<Notes | null>} null where the browser keeps nothing */
  static async open() {
    try {
      const request = indexedDB.open('longshore', 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' });
      return new Notes(await done(request));
    } catch {
      return null;
    }
  }

  /** All of them, once those are away that are too old or too many. @returns {Promise<Note[]>} */
  async all() {
    /** @type {Note[]} */
    const notes = await done(this.#store('readonly').getAll());
    notes.sort((a, b) => b.at - a.at);
    const good = notes.filter(({ at }, place) => place < MOST && at > Date.now() - WEEK);
    for (const { id } of notes) if (!good.some((note) => note.id === id)) await this.drop(id);
    if (good.length > 0) localStorage.setItem(FLAG, '1');
    else localStorage.removeItem(FLAG);
    return good;
  }

  /** @param {Note} note */
  async keep(note) {
    localStorage.setItem(FLAG, '1');
    await done(this.#store('readwrite').put(note));
  }

  /** @param {string} id */
  async drop(id) {
    await done(this.#store('readwrite').delete(id));
  }

  /** @param {IDBTransactionMode} mode */
  #store(mode) {
    return this.#base.transaction(STORE, mode).objectStore(STORE);
  }
}
