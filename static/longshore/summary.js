// @ts-check
/**
 * One line over the list that says how it stands, with the verbs for all files at once. It is away while there is nothing to say.
 *
 * @import { View } from './index.js'
 * @import { Entry } from './entry.js'
 * @import { Uploader } from './uploader.js'
 */
import { button, make, write } from './element.js';
import { line, pace, plural, portion, size } from './format.js';
import { STATES } from './row.js';

/** @implements {View} */
export class Summary {
  element;
  #uploader;
  #text = make('p', 'summary-text');
  #hold = button('button', 'Pause all');
  #cancel = button('button', 'Cancel all');
  #clear = button('button', 'Clear list');

  /**
   * @param {HTMLElement} element with `data-upload-summary`
   * @param {Uploader} uploader
   */
  constructor(element, uploader) {
    this.element = element;
    this.#uploader = uploader;
    element.replaceChildren(this.#text, this.#hold, this.#cancel, this.#clear);
    this.#hold.onclick = () => {
      const moving = this.#moving;
      const verb = held(moving) ? 'resume' : 'pause';
      for (const entry of moving) uploader[verb](entry);
    };
    this.#cancel.onclick = () => uploader.cancelAll(element.dataset.uploadSummary);
    this.#clear.onclick = () => this.#entries.forEach((entry) => entry.settled && uploader.remove(entry));
  }

  get #entries() {
    return this.#uploader.of(this.element.dataset.uploadSummary ?? '');
  }

  get #moving() {
    return this.#entries.filter(({ moving }) => moving);
  }

  frame() {
    const entries = this.#entries;
    const moving = this.#moving;
    this.element.hidden = entries.length === 0;
    write(this.#text, moving.length > 0 ? this.#progress() : result(entries));
    write(this.#hold, held(moving) ? 'Resume all' : 'Pause all');
    this.#hold.hidden = moving.every(({ state }) => state === 'checking' || state === 'reconnecting');
    this.#cancel.hidden = moving.length === 0;
    this.#clear.hidden = moving.length > 0 || !entries.some(({ settled }) => settled);
  }

  #progress() {
    const { done, files, loaded, total, rate } = this.#uploader.totals(this.element.dataset.uploadSummary);
    return line([`${done} of ${files} stored`, portion(loaded, total), ...pace(rate, total - loaded)]);
  }
}

/** Some are paused, and nothing else is left that could be. @param {Entry[]} moving */
function held(moving) {
  const states = new Set(moving.map(({ state }) => state));
  return states.has('paused') && !states.has('uploading') && !states.has('queued');
}

/** @param {Entry[]} entries */
function result(entries) {
  const parts = [];
  const ready = entries.filter(({ state }) => state === 'queued');
  if (ready.length > 0) parts.push(`${plural(ready.length, 'file')} ready, ${size(ready.reduce((sum, one) => sum + one.size, 0))}`);
  for (const [state, [word]] of Object.entries(STATES)) {
    const count = entries.filter((entry) => entry.state === state).length;
    if (count > 0 && state !== 'queued') parts.push(`${count} ${word.toLowerCase()}`);
  }
  return parts.join(' · ');
}
