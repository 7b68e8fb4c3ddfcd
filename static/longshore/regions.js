// @ts-check
/**
 * The parts of the page that the server renders again.
 *
 * This is the only place where markup is set, and all of it was rendered and escaped by our own server. Items with the same
 * `data-key` and the same markup are kept, so pictures don't flicker, an open question stays open and the focus stays where it was.
 */
import { all } from './element.js';
import { ago } from './format.js';

const SHARE = 10;
const BETWEEN = 30;
const FOCUSABLE = 'summary, a[href], button, input:not([type=hidden])';

// To make one costs a hundred times more than to use it.
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });

export class Regions {
  #replaced;
  /** The markup an item came from; the item itself may have been changed since. @type {WeakMap<Element, string>} */
  #markup = new WeakMap();
  /** @type {Map<string, string>} */
  #next = new Map();
  #rest = 0;

  /** @param {() => void} replaced is called when there are new controls on the page */
  constructor(replaced) {
    this.#replaced = replaced;
  }

  /** What the page came with, so that the first new markup doesn't replace what stays the same. */
  read() {
    for (const item of all('[data-region] [data-key]')) this.#markup.set(item, item.outerHTML);
    this.tell();
  }

  /**
   * Only the newest markup of a region matters. A long list takes its time to be replaced, so in a storm of changes most of the
   * time is left to the rest of the page.
   *
   * @param {string} name
   * @param {string} html
   */
  push(name, html) {
    if (this.#next.size === 0) setTimeout(() => this.#flush(), this.#rest - performance.now());
    this.#next.set(name, html);
  }

  /** Says how long ago things happened. @param {ParentNode} [root] */
  tell(root = document) {
    const now = new Date();
    for (const time of root.querySelectorAll('time')) {
      const then = new Date(time.dateTime);
      if (!then.getTime()) continue;
      const text = ago(then, now);
      if (time.textContent === text) continue;
      time.textContent = text;
      time.title = MOMENT.format(then);
    }
  }

  #flush() {
    const start = performance.now();
    const ready = [...this.#next].flatMap(([name, html]) =>
      all(`[data-region="${CSS.escape(name)}"]`).map((region) => this.#prepare(region, html)),
    );
    // To look through the whole page for controls costs as much as the region itself.
    const controls = [...this.#next.values()].some((html) => html.includes('data-upload'));
    this.#next.clear();
    const end = performance.now();
    this.#rest = end + BETWEEN + (end - start) * SHARE;
    // To read the markup and to lay it out are long enough, each for itself; a frame may come between them.
    setTimeout(() => {
      for (const replace of ready) replace();
      if (controls) this.#replaced();
    }, BETWEEN);
  }

  /** @param {HTMLElement} region @param {string} html @returns {() => void} puts it into the page */
  #prepare(region, html) {
    const before = keyed(region);
    const template = document.createElement('template');
    template.innerHTML = html;
    const { content } = template;
    /** @type {[HTMLElement, HTMLElement][]} */
    const same = [];
    for (const [key, item] of keyed(content)) {
      const old = before.get(key);
      const markup = item.outerHTML;
      if (old && this.#markup.get(old) === markup) same.push([item, old]);
      else this.#markup.set(item, markup);
    }
    return () => {
      const focus = document.activeElement;
      const held = region.contains(focus) ? focus : null;
      const place = [...before.values()].findIndex((item) => item.contains(held));
      for (const [item, old] of same) item.replaceWith(old);
      region.replaceChildren(content);
      this.tell(region);
      if (!held) return;
      // What had the focus is still there, or its neighbour takes it, or the region itself.
      const items = [...keyed(region).values()];
      const neighbour = items[Math.min(place, items.length - 1)]?.querySelector(FOCUSABLE);
      const next = /** @type {HTMLElement} */ (held.isConnected ? held : (neighbour ?? region));
      if (next === region) next.tabIndex = -1;
      next.focus();
    };
  }
}

/** @param {ParentNode} root */
function keyed(root) {
  return new Map(all('[data-key]', root).map((item) => [item.dataset.key, item]));
}
