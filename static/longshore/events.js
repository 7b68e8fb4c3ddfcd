// @ts-check
/**
 * Forms and buttons with `data-event`: what a page without JavaScript posts goes over the socket instead.
 *
 * @import { Problem, Reply } from './index.js'
 * @import { Socket } from './socket.js'
 * @import { Status } from './status.js'
 * @import { Uploader } from './uploader.js'
 */
import { make, write } from './element.js';

const OFFLINE = { code: 'offline', message: 'There is no connection right now. Try again in a moment.' };
const NOTHING = { code: 'empty', message: 'Choose a file first.' };

export class Events {
  #socket;
  #uploader;
  #status;
  #seq = 0;
  /** @type {Map<number, (problem: Problem | null) => void>} */
  #asked = new Map();

  /**
   * @param {Socket} socket
   * @param {Uploader} uploader
   * @param {Status} status
   */
  constructor(socket, uploader, status) {
    this.#socket = socket;
    this.#uploader = uploader;
    this.#status = status;
    document.addEventListener('submit', (event) => this.#submit(event));
    document.addEventListener('click', (event) => this.#click(event));
    document.addEventListener('keydown', (event) => this.#escape(event));
  }

  /** @param {Reply} reply */
  reply({ seq, ok, error }) {
    this.#asked.get(seq)?.(ok ? null : (error ?? { code: 'failed', message: "That didn't work. Try again." }));
    this.#asked.delete(seq);
  }

  /** Answers that were awaited will not come any more. */
  down() {
    for (const answer of this.#asked.values()) answer(OFFLINE);
    this.#asked.clear();
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const name = form.dataset.event;
    // Without a live page the form does what forms do.
    if (!name || document.documentElement.classList.contains('plain')) return;
    event.preventDefault();
    void this.#run(form, name, [...new FormData(form, event.submitter)]);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const button = /** @type {Element} */ (event.target).closest?.('button[data-event]');
    if (!(button instanceof HTMLElement) || !button.dataset.event) return;
    event.preventDefault();
    const values = [...button.attributes].filter(({ name }) => name.startsWith('data-value-'));
    void this.#run(button, button.dataset.event, values.map(({ name, value }) => [name.slice('data-value-'.length), value]));
  }

  /** A question that is open is closed by Escape, and the focus goes back to where it was asked. @param {KeyboardEvent} event */
  #escape(event) {
    const open = event.key === 'Escape' && /** @type {Element} */ (event.target).closest?.('details.confirm[open]');
    if (!open) return;
    open.removeAttribute('open');
    open.querySelector('summary')?.focus();
  }

  /** @param {HTMLElement} control @param {string} name @param {[string, FormDataEntryValue][]} fields */
  async #run(control, name, fields) {
    if (control.ariaBusy === 'true') return;
    const inputs = [...control.querySelectorAll('input[data-upload]')];
    const slots = [...new Set(inputs.map((input) => /** @type {HTMLElement} */ (input).dataset.upload ?? ''))];
    const payload = Object.fromEntries(fields.filter(([key, value]) => typeof value === 'string' && !key.startsWith('_')));
    control.ariaBusy = 'true';
    const problem = await this.#save(control, slots, () => this.#send(name, payload));
    control.ariaBusy = null;
    this.#show(control, problem);
    if (!problem && control.dataset.eventDone) this.#status.announce(control.dataset.eventDone);
  }

  /** @param {HTMLElement} control @param {string[]} slots @param {() => Promise<Problem | null>} send */
  async #save(control, slots, send) {
    const files = () => this.#uploader.of(...slots);
    const sendable = files().some(({ settled, file, state }) => !settled && (file || state === 'uploaded'));
    if (control.querySelector('[data-upload-submit]') && !sendable) return NOTHING;
    const waiting = files().length > 0;
    await this.#uploader.submit(slots);
    // Each row says what went wrong with it; there is nothing to save when nothing has arrived.
    if (waiting && !files().some(({ state }) => state === 'uploaded')) return null;
    const problem = await send();
    if (!problem) this.#uploader.saved(slots);
    return problem;
  }

  /** @param {string} name @param {object} payload @returns {Promise<Problem | null>} */
  #send(name, payload) {
    if (!this.#socket.ready) return Promise.resolve(OFFLINE);
    this.#seq += 1;
    const seq = this.#seq;
    this.#socket.send({ type: 'event', name, payload, seq });
    return new Promise((resolve) => this.#asked.set(seq, resolve));
  }

  /** @param {HTMLElement} control @param {Problem | null} problem */
  #show(control, problem) {
    let place = control.querySelector('.event-error') ?? control.parentElement?.querySelector(':scope > .event-error');
    if (!place && problem) {
      place = make('p', 'event-error');
      place.role = 'alert';
      const beside = control.querySelector('[data-upload-submit]') ?? (control instanceof HTMLFormElement ? null : control);
      if (beside) beside.after(place);
      else control.append(place);
    }
    if (place) write(place, problem?.message ?? '');
  }
}
