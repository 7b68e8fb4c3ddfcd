// @ts-check
/**
 * One file in the list. A row is built once and afterwards only its words change, so it never moves under the pointer.
 *
 * @import { State, Verb } from './index.js'
 * @import { Entry } from './entry.js'
 */
import { make, printable, write } from './element.js';
import { line, percent, portion, remaining, size } from './format.js';
import { picture } from './preview.js';

/** @type {Record<State, string>} */
const WORDS = {
  queued: 'Waiting',
  uploading: 'Uploading',
  paused: 'Paused',
  reconnecting: 'Reconnecting…',
  checking: 'Checking…',
  uploaded: 'Uploaded',
  stored: 'Stored',
  refused: 'Not accepted',
  failed: 'Failed',
  cancelled: 'Cancelled',
  interrupted: 'Interrupted',
};

/** @type {Record<State, [Verb | null, Verb]>} */
const VERBS = {
  queued: ['pause', 'cancel'],
  uploading: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  reconnecting: [null, 'cancel'],
  checking: [null, 'cancel'],
  uploaded: [null, 'remove'],
  stored: [null, 'remove'],
  refused: [null, 'remove'],
  failed: ['retry', 'remove'],
  cancelled: ['retry', 'remove'],
  interrupted: ['choose', 'remove'],
};

/** @type {Record<Verb, string>} */
const LABELS = { pause: 'Pause', resume: 'Resume', cancel: 'Cancel', retry: 'Retry', remove: 'Remove', choose: 'Choose' };

const PARTIAL = new Set(['uploading', 'paused', 'reconnecting', 'interrupted']);

export class Row {
  entry;
  element;
  #name = make('a', 'upload-progress-name upload-preview-name');
  #word = make('span', 'file-state');
  #percent = make('span', 'upload-progress-text');
  #detail = make('span', 'file-detail upload-preview-size');
  #bar = make('div', 'upload-progress-bar');
  #buttons = [make('button', 'verb'), make('button', 'verb')];

  /** @param {Entry} entry */
  constructor(entry) {
    this.entry = entry;
    const name = printable(entry.name);
    const dot = name.lastIndexOf('.');
    const cut = dot > 0 && name.length - dot < 8 ? dot : name.length;
    // The end of a long name tells more than its middle, so only the stem may be shortened.
    this.#name.append(make('span', 'stem', name.slice(0, cut)), name.slice(cut));
    this.#name.title = printable(entry.path ?? entry.name);
    this.#bar.role = 'progressbar';
    this.#bar.ariaLabel = name;
    this.#bar.ariaValueMin = '0';
    this.#bar.ariaValueMax = '100';
    for (const button of this.#buttons) {
      button.type = 'button';
      button.append(make('span', 'icon'), make('span', 'verb-word'));
    }
    const thumb = make('span', 'thumb', name.slice(cut + 1, cut + 5).toUpperCase());
    thumb.ariaHidden = 'true';
    picture(entry, thumb);
    const words = make('span', 'file-words', this.#word, this.#percent, this.#detail);
    const meta = make('span', 'file-meta', make('span', 'icon state-icon'), words);
    const track = make('div', 'upload-progress-track', this.#bar);
    const verbs = make('span', 'file-verbs', ...this.#buttons);
    this.element = make('li', 'upload-progress-item upload-preview-item', thumb, this.#name, meta, verbs, track);
    // The row can hold the focus when the button that had it is gone.
    this.element.tabIndex = -1;
  }

  update() {
    const { entry } = this;
    const { state, go } = entry;
    this.element.dataset.uploadRef = entry.ref;
    this.element.dataset.state = state;
    const ready = state === 'queued' && !go && entry.admitted;
    write(this.#word, ready ? 'Ready' : WORDS[state]);
    const done = percent(entry.acked, entry.size);
    write(this.#percent, PARTIAL.has(state) ? `${done}%` : '');
    write(this.#detail, this.#describe());
    this.#bar.ariaValueNow = `${done}`;
    this.#bar.style.transform = `scaleX(${done / 100})`;
    // Only a path of this server may become a link; a `javascript:` address never does.
    if (entry.url?.startsWith('/') && !entry.url.startsWith('//')) this.#name.href = entry.url;
    const [first, second] = ready ? [null, /** @type {Verb} */ ('remove')] : VERBS[state];
    const crowded = state === 'refused' && entry.error?.code === 'too_many_files';
    this.#offer(this.#buttons[0], crowded ? 'retry' : first);
    this.#offer(this.#buttons[1], second);
  }

  /** @param {HTMLButtonElement} button @param {Verb | null} verb */
  #offer(button, verb) {
    // What is stored stays stored; only its row goes, and the word must not frighten anybody.
    const word = verb === 'remove' && this.entry.state === 'stored' ? 'Clear' : LABELS[verb ?? 'cancel'];
    const label = `${word} ${printable(this.entry.name)}`;
    if (button.dataset.verb === (verb ?? '') && button.ariaLabel === label) return;
    if (!verb && button === document.activeElement) this.#buttons[1].focus();
    button.dataset.verb = verb ?? '';
    button.ariaLabel = label;
    write(/** @type {Node} */ (button.lastChild), word);
  }

  #describe() {
    const { state, error, acked, size: total, meter } = this.entry;
    if (error) return error.message;
    if (!PARTIAL.has(state) || total === 0) return size(total);
    const parts = [portion(acked, total)];
    if (meter.rate && state === 'uploading') parts.push(`${size(meter.rate)}/s`, remaining((total - acked) / meter.rate));
    return line(parts);
  }
}
