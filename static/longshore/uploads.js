// @ts-check
/**
 * What an application may ask of the page's uploads. Everything is described in `index.d.ts`.
 *
 * The controls of the page go through the same uploader, so what is asked here is seen there, and the other way round.
 *
 * @import { Picked } from './index.js'
 * @import { Page } from './page.js'
 */
import { all } from './element.js';

export class Uploads {
  #page;
  #uploader;
  ready;

  /** @param {Pick<Page, 'uploader' | 'socket' | 'events' | 'start' | 'stop' | 'bind' | 'ready'>} page */
  constructor(page) {
    this.#page = page;
    this.#uploader = page.uploader;
    this.ready = page.ready;
  }

  get connected() {
    return this.#page.socket.ready;
  }

  get slots() {
    return Object.fromEntries([...this.#uploader.slots].map(([name, { rules }]) => [name, rules]));
  }

  /** @param {ParentNode} [root] @param {string | null} [path] */
  start(root = document, path = all('[data-longshore-live]', root)[0]?.dataset.longshoreLive) {
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
    return this.#uploader.totals(slot);
  }

  pause = this.#verb('pause', true);
  resume = this.#verb('resume', true);
  cancel = this.#verb('cancel');
  retry = this.#verb('retry');
  remove = this.#verb('remove');

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

  /** @param {'pause' | 'resume' | 'cancel' | 'retry' | 'remove'} verb @param {boolean} [whole] whether no reference means all */
  #verb(verb, whole) {
    return (/** @type {string | undefined} */ ref) => {
      for (const entry of this.#uploader.all) if (ref === undefined ? whole : ref === entry.ref) this.#uploader[verb](entry);
    };
  }
}
