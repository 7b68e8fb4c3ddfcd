// @ts-check
/**
 * Ties one live page together: controls, uploader, socket, and what is shown.
 *
 * Everything that changes is gathered and shown once a frame, a bounded number at a time; a thousand dropped files must not stop
 * the page.
 *
 * @import { Changes, Incoming, Listener, Verb, View } from './index.js'
 * @import { Entry } from './entry.js'
 */
import { Drop } from './drop.js';
import { Events } from './events.js';
import { List } from './list.js';
import { Preview } from './preview.js';
import { Regions } from './regions.js';
import { Signals } from './signals.js';
import { Socket } from './socket.js';
import { Status } from './status.js';
import { Summary } from './summary.js';
import { Uploader } from './uploader.js';
import { Zone } from './zone.js';

const LOST = 'Connection lost. Your files are kept; the upload goes on by itself.';
const SUPERSEDED = 'Another tab has taken over this page. Uploads go on there.';
const UNAVAILABLE = 'Live uploads are not available here. Choose your files and send the form.';
const PER_FRAME = 60;
const WATCH = 5_000;

/** @implements {Listener} */
export class Page {
  #uploader;
  #socket;
  #events;
  #regions = new Regions();
  #status = new Status();
  /** @type {View[]} */
  #views;
  /** @type {Zone[]} */
  #zones;
  /** @type {Changes} */
  #changes = new Map();
  #inputs = all('input[type=file][data-upload]', HTMLInputElement);

  /** @param {string} path of the live door */
  constructor(path) {
    const url = new URL(path, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    this.#socket = new Socket(url.href, this);
    this.#uploader = new Uploader(this.#socket, (entry, gone = false) => this.#changed(entry, gone));
    this.#events = new Events(this.#socket, this.#uploader, this.#status);
    this.#zones = all('[data-upload-drop]').map((element) => new Zone(element, this.#uploader));
    const previews = all('[data-upload-preview]').filter((element) => !element.dataset.uploadProgress);
    this.#views = [
      ...all('[data-upload-progress]').map((element) => new List(element, (...args) => this.#act(...args), () => this.#inputs[0]?.focus())),
      ...previews.map((element) => new Preview(element)),
      ...all('[data-upload-summary]').map((element) => new Summary(element, this.#uploader)),
      ...this.#zones,
      this.#status,
      new Signals(),
    ];
    new Drop(this.#zones, this.#uploader);
    for (const input of this.#inputs) input.addEventListener('change', () => this.#chosen(input));
    this.#remember(url.pathname);
    addEventListener('online', () => this.#socket.hurry());
    addEventListener('offline', () => this.#socket.restart());
    document.addEventListener('visibilitychange', () => document.hidden || this.#socket.hurry());
    setInterval(() => this.#uploader.owed && this.#socket.suspect(), WATCH);
    this.#socket.connect();
  }

  /** @param {Incoming} message */
  message(message) {
    this.#uploader.receive(message);
    if (message.type === 'reply') this.#events.reply(message);
    if (message.type === 'region') this.#regions.push(message.name, message.html);
    if (message.type === 'error') this.#status.announce(message.message);
    if (message.type === 'welcome') this.#welcome();
  }

  /** @param {'lost' | 'unavailable' | 'superseded'} reason */
  down(reason) {
    this.#events.down();
    this.#uploader.down(reason !== 'lost');
    // The first seconds of a page aren't a lost connection; nothing is shown before there was one.
    if (reason === 'lost' && this.#socket.token) this.#status.connection(LOST);
    if (reason === 'superseded') this.#status.connection(SUPERSEDED);
    if (reason === 'unavailable') this.#fallBack();
    for (const zone of this.#zones) zone.connection(this.#socket.token !== undefined);
  }

  #welcome() {
    this.#status.connection('');
    for (const zone of this.#zones) zone.connection(false);
    for (const input of this.#inputs) {
      const slot = this.#uploader.slot(input.dataset.upload ?? '');
      // A camera takes one picture at a time, and its own attributes say what it gives.
      if (!slot || input.hasAttribute('capture')) continue;
      input.accept = slot.accept;
      input.multiple = slot.max > 1;
    }
  }

  /** @param {HTMLInputElement} input */
  #chosen(input) {
    if (document.documentElement.classList.contains('plain')) return;
    const picks = [...(input.files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || undefined }));
    this.#uploader.add(input.dataset.upload ?? '', picks);
    // The same file may be chosen again, and a plain post must not send it twice.
    input.value = '';
  }

  /** @param {Verb} verb @param {Entry} entry */
  #act(verb, entry) {
    if (verb === 'choose') this.#inputs.find((input) => input.dataset.upload === entry.slot)?.click();
    else this.#uploader[verb](entry);
  }

  /** No live page can be had: the same markup works as a plain form, and files chosen so far are put into it. */
  #fallBack() {
    document.documentElement.classList.replace('js', 'plain');
    this.#status.connection(UNAVAILABLE);
    for (const name of new Set(this.#inputs.map((input) => input.dataset.upload ?? ''))) {
      const transfer = new DataTransfer();
      for (const { file } of this.#uploader.of(name)) if (file) transfer.items.add(file);
      const input = this.#inputs.find((one) => one.dataset.upload === name);
      if (input && transfer.files.length > 0) input.files = transfer.files;
    }
  }

  /**
   * The token lies in the tab's storage only between two loads of the page: a duplicated tab gets a copy of that storage, and must
   * not take the uploads over.
   *
   * @param {string} key
   */
  #remember(key) {
    const take = () => {
      const token = sessionStorage.getItem(key) ?? undefined;
      sessionStorage.removeItem(key);
      return token;
    };
    this.#socket.token = take();
    addEventListener('pageshow', ({ persisted }) => persisted && take());
    addEventListener('pagehide', () => this.#socket.token && sessionStorage.setItem(key, this.#socket.token));
  }

  /** @param {Entry} entry @param {boolean} gone */
  #changed(entry, gone) {
    if (this.#changes.size === 0) this.#later();
    this.#changes.set(entry, gone);
  }

  #later() {
    // A hidden page gets no frames, but applications that listen still want to know.
    if (document.hidden) setTimeout(() => this.#show(), 250);
    else requestAnimationFrame(() => this.#show());
  }

  #show() {
    const some = new Map([...this.#changes].slice(0, PER_FRAME));
    for (const entry of some.keys()) this.#changes.delete(entry);
    for (const view of this.#views) view.update(some);
    if (this.#changes.size > 0) this.#later();
  }
}

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} selector
 * @param {new () => T} [_kind] only names the type
 * @returns {T[]}
 */
function all(selector, _kind) {
  return [...document.querySelectorAll(selector)].map((element) => /** @type {T} */ (element));
}
