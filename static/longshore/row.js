// @ts-check
/**
 * One file in the list. A row is built once and afterwards only its words change, so it never moves under the pointer.
 *
 * @import { State, Verb } from './index.js'
 * @import { Entry } from './entry.js'
 */
import { button, make, printable, write } from './element.js';
import { line, pace, portion, size } from './format.js';

/** The word for a state, and what can be done in it. @type {Record<State, [string, Verb | '', Verb]>} */
export const STATES = {
  queued: ['Waiting', 'pause', 'cancel'],
  uploading: ['Uploading', 'pause', 'cancel'],
  paused: ['Paused', 'resume', 'cancel'],
  reconnecting: ['Reconnecting…', '', 'cancel'],
  checking: ['Checking…', '', 'cancel'],
  uploaded: ['Uploaded', '', 'remove'],
  stored: ['Stored', '', 'remove'],
  refused: ['Not accepted', '', 'remove'],
  failed: ['Failed', 'retry', 'remove'],
  cancelled: ['Cancelled', 'retry', 'remove'],
  interrupted: ['Interrupted', 'choose', 'remove'],
};

const PARTIAL = ['uploading', 'paused', 'reconnecting', 'interrupted'];

/** How far a bar is, for eyes and for ears. @param {HTMLElement} bar @param {Entry} entry */
export function fill(bar, { progress }) {
  bar.ariaValueNow = `${progress}`;
  bar.style.transform = `scaleX(${progress / 100})`;
}

export class Row {
  element;
  #entry;
  #name = make('a', 'upload-progress-name upload-preview-name');
  #word = make('span', 'file-state');
  #percent = make('span', 'upload-progress-text');
  #detail = make('span', 'file-detail upload-preview-size');
  #bar = make('div', 'upload-progress-bar');
  #buttons = [0, 1].map(() => button('verb', make('span', 'icon'), make('span', 'verb-word')));

  /** @param {Entry} entry */
  constructor(entry) {
    this.#entry = entry;
    const name = printable(entry.name);
    const dot = name.lastIndexOf('.');
    const cut = dot > 0 && name.length - dot < 8 ? dot : name.length;
    // The end of a long name tells more than its middle, so only the stem may be shortened.
    this.#name.append(make('span', 'stem', name.slice(0, cut)), name.slice(cut));
    this.#name.title = printable(entry.path ?? entry.name);
    Object.assign(this.#bar, { role: 'progressbar', ariaLabel: name });
    const thumb = make('span', 'thumb', name.slice(cut + 1, cut + 5).toUpperCase());
    thumb.ariaHidden = 'true';
    // Only who chooses pictures fetches what shows them; where that fails the type says enough.
    if (entry.file?.type.startsWith('image')) import('./picture.js').then(({ picture }) => picture(entry, thumb), () => {});
    const words = make('span', 'file-words', this.#word, this.#percent, this.#detail);
    const meta = make('span', 'file-meta', make('span', 'icon state-icon'), words);
    const verbs = make('span', 'file-verbs', ...this.#buttons);
    const track = make('div', 'upload-progress-track', this.#bar);
    this.element = make('li', 'upload-progress-item upload-preview-item', thumb, this.#name, meta, verbs, track);
    // The row can hold the focus when the button that had it is gone.
    this.element.tabIndex = -1;
  }

  update() {
    const entry = this.#entry;
    const { state, url, acked, size: total } = entry;
    let [word, first, second] = STATES[state];
    if (state === 'queued' && !entry.go && entry.admitted) [word, first, second] = ['Ready', '', 'remove'];
    if (entry.error?.code === 'too_many_files') first = 'retry';
    // It was taken over by another window; this one has the file and can take it back.
    if (state === 'interrupted' && entry.file) first = 'continue';
    const partial = PARTIAL.includes(state) || (state === 'queued' && acked > 0);
    const element = this.element;
    element.dataset.uploadRef = entry.ref;
    element.dataset.state = state;
    element.classList.toggle('done', state === 'stored');
    write(this.#word, word);
    write(this.#percent, partial ? `${entry.progress}%` : '');
    const parts = partial && total > 0 ? [portion(acked, total), ...pace(entry.rate, total - acked)] : [size(total)];
    if (first === 'choose') parts.push('choose the same file to continue');
    write(this.#detail, entry.error?.message ?? line(parts));
    fill(this.#bar, entry);
    // Only a path of this server may become a link; a `javascript:` address never does.
    if (url && /^\/(?!\/)/.test(url)) this.#name.href = url;
    this.#offer(0, first);
    this.#offer(1, second);
  }

  /** @param {number} place @param {Verb | ''} verb */
  #offer(place, verb) {
    const button = this.#buttons[place];
    // What is stored stays stored; only its row goes, and the word must not frighten anybody.
    const said = verb === 'remove' && this.#entry.state === 'stored' ? 'clear' : verb === 'continue' ? 'continue here' : verb;
    const word = said.charAt(0).toUpperCase() + said.slice(1);
    if (button.textContent === word && button.dataset.verb === verb) return;
    if (!verb && button === document.activeElement) this.#buttons[1].focus();
    button.dataset.verb = verb;
    button.ariaLabel = `${word} ${printable(this.#entry.name)}`;
    write(/** @type {Node} */ (button.lastChild), word);
  }
}
