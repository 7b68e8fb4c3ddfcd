// @ts-check
/**
 * Forms and buttons with `data-event`: what a page without JavaScript posts goes over the socket instead.
 *
 * @import { Link, Problem, Reply } from './index.js'
 * @import { Status } from './status.js'
 * @import { Uploader } from './uploader.js'
 */
import { all, around, make, write } from './element.js';

const OFFLINE = { code: 'offline', message: 'There is no connection right now. Try again in a moment.' };
const NOTHING = { code: 'empty', message: 'Choose a file first.' };
const FAILED = { code: 'failed', message: "That didn't work. Try again." };
const VALUE = 'data-value-';

export class Events {
  #link;
  #uploader;
  #status;
  #seq = 0;
  /** @type {Map<number, (problem: Problem | null) => void>} */
  #asked = new Map();

  /**
   * @param {Link} link
   * @param {Uploader} uploader
   * @param {Status} status
   */
  constructor(link, uploader, status) {
    this.#link = link;
    this.#uploader = uploader;
    this.#status = status;
  }

  /** @param {string} name @param {object} payload @returns {Promise<Problem | null>} */
  send(name, payload) {
    if (!this.#link.ready) return Promise.resolve(OFFLINE);
    this.#seq += 1;
    const seq = this.#seq;
    this.#link.send({ type: 'event', name, payload, seq });
    return new Promise((resolve) => this.#asked.set(seq, resolve));
  }

  /** @param {Reply} reply */
  reply({ seq, ok, error = FAILED }) {
    this.#asked.get(seq)?.(ok ? null : error);
    this.#asked.delete(seq);
  }

  /** Answers that were awaited will not come any more. */
  down() {
    for (const answer of this.#asked.values()) answer(OFFLINE);
    this.#asked.clear();
  }

  /** @param {SubmitEvent} event */
  submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    // Without a live page the form does what forms do.
    if (!form.dataset.event || document.documentElement.classList.contains('plain')) return;
    event.preventDefault();
    void this.#run(form, [...new FormData(form, event.submitter)]);
  }

  /** @param {MouseEvent} event */
  click(event) {
    const button = around(event, 'button[data-event]');
    if (!button) return;
    event.preventDefault();
    const values = [...button.attributes].filter(({ name }) => name.startsWith(VALUE));
    void this.#run(button, values.map(({ name, value }) => [name.slice(VALUE.length), value]));
  }

  /** @param {HTMLElement} control @param {[string, FormDataEntryValue][]} fields */
  async #run(control, fields) {
    if (control.ariaBusy === 'true') return;
    const slots = all('input[data-upload]', control).map(({ dataset }) => dataset.upload ?? '');
    const payload = Object.fromEntries(fields.filter(([key, value]) => typeof value === 'string' && key[0] !== '_'));
    control.ariaBusy = 'true';
    const problem = await this.#save(control, slots, payload);
    control.ariaBusy = null;
    this.#show(control, problem);
    if (!problem) this.#status.announce(control.dataset.eventDone);
  }

  /** @param {HTMLElement} control @param {string[]} slots @param {object} payload */
  async #save(control, slots, payload) {
    const files = () => this.#uploader.of(...slots);
    const waiting = files();
    const sendable = waiting.some(({ settled, file, state }) => !settled && (file || state === 'uploaded'));
    if (!sendable && control.querySelector('[data-upload-submit]')) return NOTHING;
    await this.#uploader.submit(slots);
    // Each row says what went wrong with it; there is nothing to save when nothing has arrived.
    if (waiting.length > 0 && !files().some(({ state }) => state === 'uploaded')) return null;
    const problem = await this.send(control.dataset.event ?? '', payload);
    if (!problem) this.#uploader.saved(slots);
    return problem;
  }

  /** @param {HTMLElement} control @param {Problem | null} problem */
  #show(control, problem) {
    let place = control.querySelector('.event-error') ?? control.parentElement?.querySelector(':scope > .event-error');
    if (!place && problem) {
      place = make('p', 'event-error');
      place.role = 'alert';
      const beside = control.querySelector('[data-upload-submit]') ?? control;
      if (beside instanceof HTMLFormElement) beside.append(place);
      else beside.after(place);
    }
    if (place) write(place, problem?.message ?? '');
  }
}
