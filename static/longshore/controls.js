// @ts-check
/**
 * File fields, buttons and keys, listened to on the window: whatever comes to the page later works at once.
 *
 * @import { Picked, Verb } from './index.js'
 * @import { Uploader } from './uploader.js'
 */
import { all, around, emit } from './element.js';
import { PORTION } from './uploader.js';

const VERBS = /** @type {Verb[]} */ (['pause', 'resume', 'continue', 'cancel', 'retry', 'remove']);

/** @returns {HTMLInputElement[]} */
export const fields = () => /** @type {HTMLInputElement[]} */ (all('input[type=file][data-upload]'));

/** Whether no live page can be had. */
const plain = () => document.documentElement.classList.contains('plain');

/** @param {string} slot */
export const field = (slot) => fields().find(({ dataset }) => dataset.upload === slot);

export class Controls {
  #uploader;
  #run;

  /**
   * @param {Uploader} uploader
   * @param {(control: HTMLElement, form?: FormData) => unknown} run sends what a form or a button stands for
   */
  constructor(uploader, run) {
    this.#uploader = uploader;
    this.#run = run;
  }

  /** @param {string} slot @param {Picked[]} picks as a person has chosen them @param {number} [from] which on they are still to be added */
  choose(slot, picks, from = 0) {
    if (!from && !emit('upload:selected', { uploadName: slot, files: picks })) return;
    const end = from + PORTION;
    this.#uploader.add(slot, picks.slice(from, end), from);
    if (picks[end]) setTimeout(() => this.choose(slot, picks, end));
  }

  /** Tells each field what its slot takes. */
  rule() {
    for (const input of fields()) {
      const slot = this.#uploader.slots.get(input.dataset.upload ?? '');
      // A camera takes one picture at a time, and its own attributes say what it gives.
      if (slot && !input.hasAttribute('capture')) Object.assign(input, { accept: slot.accept, multiple: slot.max > 1 });
    }
  }

  /** @param {Event} event */
  change(event) {
    const input = /** @type {HTMLInputElement | null} */ (around(event, 'input[type=file][data-upload]'));
    if (!input || plain()) return;
    const files = [...(input.files ?? [])];
    this.choose(input.dataset.upload ?? '', files.map((file) => ({ file, path: file.webkitRelativePath || undefined })));
    // The same file may be chosen again, and a plain post must not send it twice.
    input.value = '';
  }

  /** @param {SubmitEvent} event */
  submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    // Without a live page the form does what forms do.
    if (!form.dataset.event || plain()) return;
    event.preventDefault();
    // Its fields are sent as they are now, whatever is written into them later.
    this.#run(form, new FormData(form, event.submitter));
  }

  /** @param {MouseEvent} event */
  click(event) {
    const button = around(event, 'button');
    if (!button) return;
    if (button.dataset.event) {
      event.preventDefault();
      this.#run(button);
    }
    const { verb, uploadCancelAll: stop, uploadClear: clear } = button.dataset;
    if (verb) this.#act(/** @type {Verb} */ (verb), around(event, '[data-upload-ref]')?.dataset.uploadRef);
    for (const verb of VERBS) this.#act(verb, button.getAttribute(`data-upload-${verb}`));
    if (stop !== undefined) this.#uploader.cancelAll(stop);
    if (clear !== undefined) this.#uploader.clear(clear);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const row = event.key === 'Delete' && around(event, '.upload-progress-item');
    // A question that is open is closed by Escape, and the focus goes back to where it was asked.
    const open = event.key === 'Escape' && around(event, 'details.confirm[open]');
    if (row) {
      event.preventDefault();
      this.#act('remove', row.dataset.uploadRef);
    }
    if (!open) return;
    open.removeAttribute('open');
    open.querySelector('summary')?.focus();
  }

  /** @param {Verb} verb @param {string | null | undefined} ref */
  #act(verb, ref) {
    const entry = this.#uploader.entry(ref ?? '');
    if (!entry) return;
    if (verb === 'choose') field(entry.slot)?.click();
    else this.#uploader[verb](entry);
  }
}
