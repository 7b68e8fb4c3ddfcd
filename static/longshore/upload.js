// @ts-check
/**
 * `<longshore-upload slot="photos">`: a complete place to upload in one line of HTML.
 *
 * It writes the same markup that a page could have, into the page itself, so the site's own style holds in it. What stands between
 * its tags is there for browsers without JavaScript, and comes back where no live page can be had.
 *
 * @import { Uploads } from './uploads.js'
 */
import { button, make, write } from './element.js';

const OPTIONS = ['disabled', 'no-click', 'no-drag', 'no-keyboard', 'no-paste', 'parallel'];

/** @param {Uploads} uploads */
export function define(uploads) {
  class Upload extends HTMLElement {
    static observedAttributes = OPTIONS;
    #zone = make('div', 'zone');
    #fallback = [...this.childNodes];

    get disabled() {
      return this.hasAttribute('disabled');
    }

    set disabled(on) {
      this.toggleAttribute('disabled', on);
    }

    connectedCallback() {
      if (this.contains(this.#zone)) return;
      this.#build();
      const live = this.getAttribute('src') ?? document.querySelector('[data-longshore-live]')?.getAttribute('data-longshore-live');
      uploads.start(document, live ?? `${location.pathname.replace(/\/$/, '')}/ws`);
    }

    /** @param {string} name @param {string | null} _old @param {string | null} value */
    attributeChangedCallback(name, _old, value) {
      const own = name === 'disabled' ? name : `data-upload-${name}`;
      if (value === null) this.#zone.removeAttribute(own);
      else this.#zone.setAttribute(own, value);
    }

    #build() {
      const { slot } = this;
      const name = this.getAttribute('label');
      const hint = make('span', '', name ?? 'Choose files');
      const rules = make('p', 'zone-rules');
      rules.id = `longshore-${slot}-rules`;
      const list = make('ul', 'rows uploads');
      list.ariaLabel = 'Your uploads';
      const summary = make('div', 'summary');
      const save = button('button primary', this.getAttribute('save-label') ?? 'Save');
      const parts = { uploadHint: hint, uploadDrop: this.#zone, uploadProgress: list, uploadSummary: summary, uploadSubmit: save };
      for (const [key, { dataset }] of Object.entries(parts)) dataset[key] = slot;
      const main = this.#field('zone-main', 'upload', make('span', 'zone-hint', hint), { multiple: true });
      /** @type {HTMLElement} */ (main.lastChild).setAttribute('aria-describedby', rules.id);
      const extra = make('div', 'zone-extra');
      if (this.hasAttribute('folder')) extra.append(this.#field('button', 'folder', 'Choose a folder', { webkitdirectory: true, multiple: true }));
      if (this.hasAttribute('camera')) extra.append(this.#field('button', 'camera', 'Take a photo', { capture: 'environment', accept: 'image/*' }));
      this.#zone.replaceChildren(main, rules, extra);
      const inside = this.closest('form');
      const box = make(inside ? 'div' : 'form', 'upload', this.#zone, summary, list);
      this.replaceChildren(box);
      if (!document.querySelector('[data-upload-voice]')) {
        const voice = make('p');
        Object.assign(voice.dataset, { uploadVoice: '' });
        voice.role = 'status';
        voice.style.cssText = 'position:absolute;clip-path:inset(50%)';
        this.append(voice);
      }
      void uploads.ready.then(() => {
        const { rules: words = '', auto_upload: auto, max_entries: max } = uploads.slots[slot] ?? {};
        write(rules, words);
        if (!name && max === 1) write(hint, 'Choose a file');
        if (auto !== false || inside) return;
        save.type = 'submit';
        box.dataset.event = this.getAttribute('event') ?? 'save';
        box.append(make('div', 'actions', save));
      });
      addEventListener('longshore:connection', ({ detail }) => detail.state === 'unavailable' && this.replaceChildren(...this.#fallback));
    }

    /** @param {string} look @param {string} icon @param {Node | string} words @param {object} wishes */
    #field(look, icon, words, wishes) {
      const input = Object.assign(make('input'), { type: 'file', ...wishes });
      input.dataset.upload = this.slot;
      const sign = make('span', `icon icon-${icon}`);
      sign.ariaHidden = 'true';
      return make('label', look, sign, words, input);
    }
  }
  customElements.define('longshore-upload', Upload);
}
