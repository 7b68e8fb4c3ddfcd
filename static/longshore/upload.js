// @ts-check
/**
 * `<longshore-upload slot="photos">`: a complete place to upload in one line of HTML.
 *
 * It writes the same markup that a page could have, into the page itself, so the site's own style holds in it. What stands between
 * its tags is there for browsers without JavaScript, and comes back where no live page can be had.
 *
 * @import { Uploads } from './index.js'
 */
import { all, make, write } from './element.js';

const OPTIONS = ['disabled', 'no-click', 'no-drag', 'no-keyboard', 'no-paste', 'parallel'];

/** Nothing in it comes from anybody; names, rules and words are put in afterwards, as text. */
const MARKUP = `<div class="zone" data-upload-drop><label class="zone-main"><span class="icon icon-upload" aria-hidden="true"></span>
<span class="zone-hint"><span data-upload-hint></span></span><input type="file" data-upload multiple></label>
<p class="zone-rules"></p><div class="zone-extra">
<label class="button folder"><span class="icon icon-folder" aria-hidden="true"></span>Choose a folder<input type="file" data-upload webkitdirectory></label>
<label class="button camera"><span class="icon icon-camera" aria-hidden="true"></span>Take a photo<input type="file" data-upload accept="image/*" capture="environment"></label>
</div></div><div class="summary" data-upload-summary hidden></div><ul class="rows uploads" data-upload-progress aria-label="Your uploads"></ul>
<div class="actions" hidden><button class="button primary" data-upload-submit></button></div>
<p data-upload-voice role="status"></p>`;

/** @type {WeakSet<HTMLElement>} */
const furnished = new WeakSet();

/** @param {HTMLElement} element @param {Uploads} uploads */
export function furnish(element, uploads) {
  // It may have left the page while this module was on its way, and it may come back.
  if (!element.isConnected || furnished.has(element)) return;
  furnished.add(element);
  reflect(element);
  const { slot } = element;
  const fallback = [...element.childNodes];
  const inside = element.closest('form');
  const box = make(inside ? 'div' : 'form', 'upload');
  box.innerHTML = MARKUP;
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (box.querySelector(selector));
  for (const name of ['drop', 'progress', 'summary', 'submit']) find(`[data-upload-${name}]`).setAttribute(`data-upload-${name}`, slot);
  for (const input of all('input', box)) input.dataset.upload = slot;
  for (const way of ['folder', 'camera']) if (!element.hasAttribute(way)) find(`.${way}`).remove();
  // A page has one voice; it is heard and takes no room.
  const voice = find('[data-upload-voice]');
  voice.style.cssText = 'position:absolute;clip-path:inset(50%)';
  if (document.querySelector('[data-upload-voice]')) voice.remove();
  const word = (/** @type {string} */ name, /** @type {string} */ usual) => element.getAttribute(name) ?? usual;
  const [hint, rules, actions] = [find('[data-upload-hint]'), find('.zone-rules'), find('.actions')];
  const name = (/** @type {number | undefined} */ max) => (hint.dataset.uploadHint = word('label', max === 1 ? 'Choose a file' : 'Choose files'));
  // From here on its zone writes it, once a frame; until the first one, nobody shall see an empty zone.
  write(hint, name(0));
  write(find('[data-upload-submit]'), word('save-label', 'Save'));
  rules.id = `longshore-${slot}-rules`;
  find('input').setAttribute('aria-describedby', rules.id);
  follow(element, find('.zone'));
  element.replaceChildren(box);
  void uploads.ready.then(() => {
    const { rules: words = '', auto_upload: auto, max_entries: max } = uploads.slots[slot] ?? {};
    write(rules, words);
    name(max);
    if (auto !== false || inside) actions.remove();
    else box.dataset.event = word('event', 'save');
    actions.hidden = false;
  });
  addEventListener('longshore:connection', ({ detail }) => detail.state === 'unavailable' && element.replaceChildren(...fallback));
  const live = document.querySelector('[data-longshore-live]')?.getAttribute('data-longshore-live');
  uploads.start(document, word('src', live ?? `${location.pathname.replace(/\/$/, '')}/ws`));
}

/** Its property is its attribute, and one that was set before this module came is kept. @param {HTMLElement} element */
function reflect(element) {
  const early = /** @type {{ disabled?: boolean }} */ (element).disabled;
  Object.defineProperty(element, 'disabled', {
    get: () => element.hasAttribute('disabled'),
    set: (on) => element.toggleAttribute('disabled', on),
  });
  if (early) element.toggleAttribute('disabled', true);
}

/** The element's options are its zone's options, whenever they change. @param {HTMLElement} element @param {HTMLElement} zone */
function follow(element, zone) {
  const copy = () => {
    for (const name of OPTIONS) {
      const value = element.getAttribute(name);
      const own = name === 'disabled' ? name : `data-upload-${name}`;
      if (value === null) zone.removeAttribute(own);
      else zone.setAttribute(own, value);
    }
  };
  new MutationObserver(copy).observe(element, { attributeFilter: OPTIONS });
  copy();
}
