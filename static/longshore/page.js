// @ts-check
/**
 * Ties one live page together: controls, uploader, socket, and what is shown.
 *
 * Everything that changes is gathered and shown twenty times a second, as much as a frame has time for; a thousand dropped files must
 * not stop the page.
 *
 * @import { Incoming, Listener, View } from './index.js'
 * @import { Entry } from './entry.js'
 * @import { Memory } from './memory.js'
 */
import { Controls } from './controls.js';
import { Drop } from './drop.js';
import { all, emit } from './element.js';
import { Events } from './events.js';
import { List } from './list.js';
import { OFFLINE } from './problems.js';
import { Regions } from './regions.js';
import { Row } from './row.js';
import { Signals } from './signals.js';
import { Socket } from './socket.js';
import { Status } from './status.js';
import { Summary } from './summary.js';
import { Uploader } from './uploader.js';
import { Zone } from './zone.js';

/** @type {Record<string, string>} */
const WORDS = {
  lost: 'Connection lost. Your files are kept; the upload goes on by itself.',
  superseded: 'Another tab has taken over this page. Uploads go on there.',
};
/** What only some pages have, and who shows it. @type {[string, () => Promise<{ bind: (page: Page) => void }>][]} */
const SELDOM = [
  ['[data-upload-preview]:not([data-upload-progress]),[data-upload-selected],[data-upload-errors]', () => import('./previews.js')],
  ['[data-upload-image],[data-upload-value],[data-upload-entry]', () => import('./mirror.js')],
];
/** How many rows are built at once, and how long that may take; the rest waits for the next time. */
const MOST_AT_ONCE = 48;
const LONGEST = 12;
/** What the browser does to show it takes longer, and uploads wait meanwhile. So there is a rest. */
const REST = 50;
const MOST_PARALLEL = 16;

/** @implements {Listener} */
export class Page {
  socket = new Socket('', this);
  /** @type {Promise<Memory> | undefined} */
  #memory;
  uploader = new Uploader(this.socket, (entry, gone = false) => this.#changed(entry, gone), (wanted) => this.#recall(wanted));
  events = new Events(this.socket);
  status = new Status();
  /** @type {View[]} */
  views = [this.status, new Signals(this.uploader)];
  #controls = new Controls(this.uploader, (control, fields) => this.fetched(import('./forms.js'), ({ run }) => run(this, control, fields)));
  #regions = new Regions(() => this.bind());
  #drop = new Drop(() => this.views.filter((view) => view instanceof Zone), (...chosen) => this.#controls.choose(...chosen), this.fetched.bind(this));
  #welcomed = () => {};
  /** Kept when the server has answered for the first time. @type {Promise<void>} */
  ready = new Promise((resolve) => (this.#welcomed = resolve));
  /** What has changed and isn't shown yet; true stands for an entry that has left the page. @type {Map<Entry, boolean>} */
  #changes = new Map();
  #scheduled = false;
  /** @type {AbortController | null} */
  #open = null;

  /** @param {string} path of the live door */
  start(path) {
    if (this.#open) return;
    const { signal } = (this.#open = new AbortController());
    const { socket } = this;
    const controls = this.#controls;
    const url = new URL(path, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    socket.url = url.href;
    /** @type {Record<string, (event: any) => unknown>} */
    const handlers = {
      submit: (event) => controls.submit(event),
      click: (event) => controls.click(event),
      keydown: (event) => controls.key(event),
      change: (event) => controls.change(event),
      dragover: (event) => this.#drop.over(event),
      dragleave: (event) => event.relatedTarget === null && this.#drop.clear(),
      dragend: () => this.#drop.clear(),
      drop: (event) => this.#drop.drop(event),
      paste: (event) => this.#drop.paste(event),
      online: () => socket.hurry(),
      offline: () => socket.restart(),
      visibilitychange: () => document.hidden || socket.hurry(),
    };
    for (const [type, handler] of Object.entries(handlers)) addEventListener(type, handler, { signal });
    this.#remember(url.pathname, signal);
    const timers = [setInterval(() => this.uploader.look() && socket.suspect(), 1_000), setInterval(() => this.#regions.tell(), 30_000)];
    signal.onabort = () => timers.forEach(clearInterval);
    this.#regions.read();
    this.bind();
    socket.connect();
  }

  stop() {
    this.#open?.abort();
    this.#open = null;
    this.socket.close();
    this.uploader.down(false);
  }

  /** Finds the controls that have come to the page and lets go of those that have left it. */
  bind() {
    if (!this.#open) return;
    const { uploader } = this;
    this.views = this.views.filter(({ element }) => element.isConnected);
    this.place('data-upload-progress', (element, slot) => new List(element, slot, (entry) => new Row(entry), () => true));
    this.place('data-upload-summary', (element) => new Summary(element, uploader));
    this.place('data-upload-drop', (element) => new Zone(element, uploader));
    for (const [places, load] of SELDOM) if (document.querySelector(places)) this.fetched(load(), ({ bind }) => bind(this));
    for (const { dataset } of all('[data-upload-parallel]')) {
      const files = Math.min(MOST_PARALLEL, Math.max(1, Number(dataset.uploadParallel) || 1));
      uploader.parallel.set(dataset.uploadDrop ?? dataset.upload ?? '', files);
    }
    this.#controls.rule();
    this.#later();
  }

  /**
   * Gives a view to each new element with an attribute, and shows it what has been there before.
   *
   * @param {string} name of the attribute
   * @param {(element: HTMLElement, value: string) => View} build
   */
  place(name, build) {
    for (const element of all(`[${name}]`)) {
      if (this.views.some((view) => view.element === element)) continue;
      this.views.push(build(element, element.getAttribute(name) ?? ''));
      for (const entry of this.uploader.all) this.#changed(entry, false);
    }
  }

  /**
   * Goes on with a module that is seldom needed, or says that it can't be had.
   *
   * @template M
   * @param {Promise<M>} loading
   * @param {(module: M) => unknown} then
   */
  fetched(loading, then) {
    return loading.then(then, () => this.status.connection(OFFLINE.message));
  }

  /** @param {Incoming} message */
  message(message) {
    this.uploader.receive(message);
    if (message.type === 'reply') this.events.reply(message);
    if (message.type === 'region') this.#regions.push(message.name, message.html);
    if (message.type === 'error') this.status.announce(message.message);
    if (message.type !== 'welcome') return;
    this.#controls.rule();
    this.#recall()?.then((memory) => memory.offer());
    this.#welcomed();
    this.#connection('connected');
  }

  /** @param {'lost' | 'unavailable' | 'superseded'} reason */
  down(reason) {
    this.events.down();
    this.uploader.down(reason !== 'lost');
    if (reason === 'unavailable') {
      document.documentElement.classList.replace('js', 'plain');
      this.fetched(import('./plain.js'), ({ fill }) => fill(this));
    }
    this.#connection(reason);
  }

  /** @param {'connected' | 'lost' | 'unavailable' | 'superseded'} state */
  #connection(state) {
    // The first seconds of a page aren't a lost connection; nothing is shown before there was one.
    const lost = state !== 'connected' && (state !== 'lost' || this.socket.welcomed);
    this.status.connection(lost && WORDS[state]);
    for (const view of this.views) if (view instanceof Zone) view.offline = lost;
    emit('connection', { state });
    this.#later();
  }

  /**
   * The token lies in the tab's storage only between two loads of the page: a duplicated tab gets a copy of that storage, and must
   * not take the uploads over.
   *
   * @param {string} key
   * @param {AbortSignal} signal
   */
  #remember(key, signal) {
    const { socket } = this;
    const take = () => {
      const token = sessionStorage[key];
      delete sessionStorage[key];
      return token;
    };
    socket.token ??= take();
    addEventListener('pageshow', ({ persisted }) => persisted && take(), { signal });
    addEventListener('pagehide', () => socket.token && (sessionStorage[key] = socket.token), { signal });
  }

  /** The memory of unfinished uploads, if it is wanted or there is something in it. @param {boolean} [wanted] */
  #recall(wanted) {
    if (wanted || localStorage.longshore) this.#memory ??= import('./memory.js').then(({ open }) => open(this));
    return this.#memory;
  }

  /** @param {Entry} entry @param {boolean} gone */
  #changed(entry, gone) {
    // Nothing is shown of a file that may take the place of a row.
    if (!entry.doubt) this.#changes.set(entry, gone);
    this.#later();
  }

  #later() {
    if (this.#scheduled || !this.#open) return;
    this.#scheduled = true;
    // A hidden page gets no frames, but applications that listen still want to know.
    setTimeout(() => this.#show(), REST);
  }

  #show() {
    this.#scheduled = false;
    const end = performance.now() + LONGEST;
    let count = 0;
    for (const [entry, gone] of this.#changes) {
      this.#changes.delete(entry);
      // A new row costs far more than a new word in an old one.
      for (const view of this.views) if (view.show?.(entry, gone)) count += 1;
      // What has begun to arrive is remembered beyond this page.
      if (entry.state === 'uploading' && entry.acked > 0) this.#recall(true);
      if (count >= MOST_AT_ONCE || performance.now() > end) break;
    }
    for (const view of this.views) view.frame?.();
    if (this.#changes.size > 0) this.#later();
  }
}
