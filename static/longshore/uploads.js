// @ts-check
/**
 * What an application may ask of the page's uploads. Everything is described in `index.d.ts`.
 *
 * The controls of the page go through the same uploader, so what is asked here is seen there, and the other way round.
 *
 * @import { Picked } from './index.js'
 * @import { Page } from './page.js'
 */

export class Uploads {
  #page;
  ready;

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
    /** @type {Promise<void>} */
    this.ready = new Promise((resolve) => {
      const look = () => page.socket.ready && resolve();
      globalThis.addEventListener?.('longshore:connection', look);
    });
  }

  get connected() {
    return this.#page.socket.ready;
  }

  get slots() {
    return Object.fromEntries([...this.#uploader.slots].map(([name, { rules }]) => [name, rules]));
  }

  get #uploader() {
    return this.#page.uploader;
  }

  /** @param {ParentNode} [root] @param {string | null} [path] */
  start(root = document, path = root.querySelector('[data-longshore-live]')?.getAttribute('data-longshore-live')) {
    document.documentElement.classList.add('js');
    if (path) this.#page.start(path);
    this.#page.bind();
  }

  stop() {
    this.#page.stop();
  }

  /** @param {string} slot @param {Iterable<File | Picked>} files */
  add(slot, files) {
    return this.#uploader.add(slot, [...files].map((file) => ('file' in file ? file : { file }))).map(({ snapshot }) => snapshot);
  }

  /** @param {string} [slot] */
  entries(slot) {
    return this.#uploader.some(slot).map(({ snapshot }) => snapshot);
  }

  /** @param {string} ref */
  entry(ref) {
    return this.#uploader.entry(ref)?.snapshot;
  }

  /** @param {string} [slot] */
  totals(slot) {
    return this.#uploader.totals(this.#uploader.some(slot));
  }

  /** @param {string} [ref] */
  pause(ref) {
    this.#each('pause', ref);
  }

  /** @param {string} [ref] */
  resume(ref) {
    this.#each('resume', ref);
  }

  /** @param {string} ref */
  cancel(ref) {
    this.#each('cancel', ref);
  }

  /** @param {string} ref */
  retry(ref) {
    this.#each('retry', ref);
  }

  /** @param {string} ref */
  remove(ref) {
    this.#each('remove', ref);
  }

  /** @param {string} [slot] */
  cancelAll(slot) {
    this.#uploader.cancelAll(slot);
  }

  /** @param {string} [slot] */
  clear(slot) {
    this.#uploader.clear(slot);
  }

  /** @param {string[]} slots */
  submit(...slots) {
    return this.#uploader.submit(slots);
  }

  /** @param {string} event @param {object} [payload] @param {string[]} [slots] */
  async send(event, payload = {}, slots = []) {
    const problem = await this.#page.events.send(event, payload);
    if (problem) throw Object.assign(new Error(problem.message), problem);
    this.#uploader.saved(slots);
  }

  /** @param {'pause' | 'resume' | 'cancel' | 'retry' | 'remove'} verb @param {string} [ref] one, or all without it */
  #each(verb, ref) {
    for (const entry of this.#uploader.all) if ((ref ?? entry.ref) === entry.ref) this.#uploader[verb](entry);
  }
}
