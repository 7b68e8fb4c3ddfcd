// @ts-check
/**
 * One line over the list that says how it stands, with the verbs for all files at once. It is away while there is nothing to say.
 *
 * @import { Changes, State, View } from './index.js'
 * @import { Uploader } from './uploader.js'
 */
import { make, write } from './element.js';
import { line, plural, portion, remaining, size } from './format.js';

/** @implements {View} */
export class Summary {
  #element;
  #uploader;
  #text = make('p', 'summary-text');
  #hold = make('button', 'button', 'Pause all');
  #cancel = make('button', 'button', 'Cancel all');
  #clear = make('button', 'button', 'Clear list');

  /**
   * @param {HTMLElement} element with `data-upload-summary`
   * @param {Uploader} uploader
   */
  constructor(element, uploader) {
    this.#element = element;
    this.#uploader = uploader;
    element.append(this.#text, this.#hold, this.#cancel, this.#clear);
    for (const button of [this.#hold, this.#cancel, this.#clear]) button.type = 'button';
    this.#hold.onclick = () => {
      // ORDER: asked once. The first upload that goes on would turn the answer round for all the others.
      const paused = this.#paused;
      this.#each((entry) => (paused ? uploader.resume(entry) : uploader.pause(entry)));
    };
    this.#cancel.onclick = () => this.#each((entry) => entry.moving && uploader.cancel(entry));
    this.#clear.onclick = () => this.#each((entry) => entry.settled && uploader.remove(entry));
  }

  get #entries() {
    return this.#uploader.of(this.#element.dataset.uploadSummary ?? '');
  }

  get #paused() {
    return !this.#entries.some(({ state, go }) => state === 'uploading' || (state === 'queued' && go));
  }

  /** @param {(entry: import('./entry.js').Entry) => void} action */
  #each(action) {
    const paused = this.#paused;
    for (const entry of this.#entries) if (entry.settled || entry.moving || paused) action(entry);
  }

  /** @param {Changes} _changes */
  update(_changes) {
    const entries = this.#entries;
    const moving = entries.filter((entry) => entry.moving);
    this.#element.hidden = entries.length === 0;
    write(this.#text, moving.length > 0 ? this.#progress() : this.#result());
    write(this.#hold, moving.some(({ state }) => state === 'paused') && this.#paused ? 'Resume all' : 'Pause all');
    this.#hold.hidden = !moving.some(({ state }) => state !== 'checking' && state !== 'reconnecting');
    this.#cancel.hidden = moving.length === 0;
    this.#clear.hidden = moving.length > 0 || !entries.some((entry) => entry.settled);
  }

  #progress() {
    const entries = this.#entries.filter(({ state }) => state !== 'refused' && state !== 'cancelled' && state !== 'failed');
    const stored = entries.filter(({ state }) => state === 'stored').length;
    const sum = (/** @type {'size' | 'acked'} */ key) => entries.reduce((total, entry) => total + entry[key], 0);
    const rate = entries.reduce((total, { meter }) => total + meter.rate, 0);
    const parts = [`${stored} of ${entries.length} stored`, portion(sum('acked'), sum('size'))];
    if (rate > 0) parts.push(`${size(rate)}/s`, remaining((sum('size') - sum('acked')) / rate));
    return line(parts);
  }

  #result() {
    const entries = this.#entries;
    const count = (/** @type {State} */ state) => entries.filter((entry) => entry.state === state).length;
    const interrupted = count('interrupted');
    const parts = [];
    if (interrupted > 0) {
      const was = interrupted === 1 ? 'upload was interrupted. Choose the same file' : 'uploads were interrupted. Choose the same files';
      parts.push(`${interrupted} ${was} to continue.`);
    }
    const ready = entries.filter(({ state }) => state === 'queued');
    if (ready.length > 0) parts.push(`${plural(ready.length, 'file')} ready, ${size(ready.reduce((total, one) => total + one.size, 0))}`);
    const words = { uploaded: 'uploaded', stored: 'stored', failed: 'failed', refused: 'not accepted', cancelled: 'cancelled' };
    for (const [state, word] of Object.entries(words)) {
      const number = count(/** @type {State} */ (state));
      if (number > 0) parts.push(`${number} ${word}`);
    }
    return parts.join(' · ');
  }
}
