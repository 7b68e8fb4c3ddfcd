// @ts-check
/**
 * Ties one live page together: controls, uploader, socket, and what is shown.
 *
 * Everything that changes is gathered and shown once a frame, as much as a frame has time for; a thousand dropped files must not
 * stop the page.
 *
 * @import { Incoming, Listener, View } from './index.js'
 * @import { Entry } from './entry.js'
 */
import { Controls, field } from './controls.js';
import { Drop } from './drop.js';
import { all, emit } from './element.js';
import { Events } from './events.js';
import { List } from './list.js';
import { LISTS } from './lists.js';
import { Mirror } from './mirror.js';
import { Regions } from './regions.js';
import { Signals } from './signals.js';
import { Socket } from './socket.js';
import { Status } from './status.js';
import { Summary } from './summary.js';
import { Uploader } from './uploader.js';
import { Zone } from './zone.js';

const WORDS = {
  lost: 'Connection lost. Your files are kept; the upload goes on by itself.',
  superseded: 'Another tab has taken over this page. Uploads go on there.',
  unavailable: 'Live uploads are not available here. Choose your files and send the form.',
};
/** What one frame may show; the rest waits for the next one. */
const MOST = 12;
const LONGEST = 6;
const MOST_PARALLEL = 16;

/** @implements {Listener} */
export class Page {
  socket = new Socket('', this);
  uploader = new Uploader(this.socket, (entry, gone = false) => this.#changed(entry, gone));
  #status = new Status();
  #controls = new Controls(this.uploader);
  events = new Events(this.socket, this.uploader, this.#status);
  #regions = new Regions(() => this.bind());
  #drop = new Drop(() => this.#views.filter((view) => view instanceof Zone), (...chosen) => this.#controls.choose(...chosen));
  #mirror = new Mirror(this.uploader);
  /** @type {View[]} */
  #views = [this.#status, new Signals(this.uploader), this.#mirror];
  #welcomed = () => {};
  /** Kept when the server has answered for the first time. @type {Promise<void>} */
  ready = new Promise((resolve) => (this.#welcomed = resolve));
  /** What has changed since the last frame; true stands for an entry that has left the page. @type {Map<Entry, boolean>} */
  #changes = new Map();
  #scheduled = false;
  /** @type {AbortController | null} */
  #open = null;

  /** @param {string} path of the live door */
  start(path) {
    if (this.#open) return;
    const { signal } = (this.#open = new AbortController());
    const { events, socket } = this;
    const controls = this.#controls;
    const url = new URL(path, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    socket.url = url.href;
    /** @type {Record<string, (event: any) => unknown>} */
    const handlers = {
      submit: (event) => events.submit(event),
      click: (event) => {
        events.click(event);
        controls.click(event);
      },
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
    const views = this.#views.filter(({ element }) => element.isConnected);
    const fresh = (/** @type {string} */ name) =>
      all(`[${name}]`).filter((element) => !views.some((view) => view.element === element));
    const before = views.length;
    for (const [name, [build, wanted]] of Object.entries(LISTS)) {
      for (const element of fresh(name)) {
        views.push(new List(element, element.getAttribute(name) ?? '', build, wanted, (slot) => field(slot)?.focus()));
      }
    }
    for (const element of fresh('data-upload-summary')) views.push(new Summary(element, uploader));
    for (const element of fresh('data-upload-drop')) views.push(new Zone(element, uploader));
    this.#views = views;
    this.#mirror.bind();
    for (const { dataset } of all('[data-upload-parallel]')) {
      const files = Math.min(MOST_PARALLEL, Math.max(1, Number(dataset.uploadParallel) || 1));
      uploader.limit(dataset.uploadDrop ?? dataset.upload ?? '', files);
    }
    this.#controls.rule();
    // New places show what has been there before them.
    if (views.length > before) for (const entry of uploader.all) this.#changed(entry, false);
    this.#later();
  }

  /** @param {Incoming} message */
  message(message) {
    this.uploader.receive(message);
    if (message.type === 'reply') this.events.reply(message);
    if (message.type === 'region') this.#regions.push(message.name, message.html);
    if (message.type === 'error') this.#status.announce(message.message);
    if (message.type !== 'welcome') return;
    this.#controls.rule();
    this.#welcomed();
    this.#connection('connected');
  }

  /** @param {'lost' | 'unavailable' | 'superseded'} reason */
  down(reason) {
    this.events.down();
    this.uploader.down(reason !== 'lost');
    if (reason === 'unavailable') this.#controls.fallBack();
    this.#connection(reason);
  }

  /** @param {'connected' | 'lost' | 'unavailable' | 'superseded'} state */
  #connection(state) {
    // The first seconds of a page aren't a lost connection; nothing is shown before there was one.
    const lost = state !== 'connected' && (state !== 'lost' || this.socket.welcomed);
    this.#status.connection(lost ? WORDS[state] : '');
    for (const view of this.#views) if (view instanceof Zone) view.offline = lost;
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
      const token = sessionStorage.getItem(key) ?? undefined;
      sessionStorage.removeItem(key);
      return token;
    };
    socket.token ??= take();
    addEventListener('pageshow', ({ persisted }) => persisted && take(), { signal });
    addEventListener('pagehide', () => socket.token && sessionStorage.setItem(key, socket.token), { signal });
  }

  /** @param {Entry} entry @param {boolean} gone */
  #changed(entry, gone) {
    this.#changes.set(entry, gone);
    this.#later();
  }

  #later() {
    if (this.#scheduled || !this.#open) return;
    this.#scheduled = true;
    // A hidden page gets no frames, but applications that listen still want to know.
    if (document.hidden) setTimeout(() => this.#show(), 250);
    else requestAnimationFrame(() => this.#show());
  }

  #show() {
    this.#scheduled = false;
    const end = performance.now() + LONGEST;
    let count = 0;
    for (const [entry, gone] of this.#changes) {
      this.#changes.delete(entry);
      for (const view of this.#views) view.show?.(entry, gone);
      count += 1;
      if (count === MOST || performance.now() > end) break;
    }
    for (const view of this.#views) view.frame?.();
    if (this.#changes.size > 0) this.#later();
  }
}
