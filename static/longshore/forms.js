// @ts-check
/**
 * Forms and buttons with `data-event`: what a page without JavaScript posts goes over the socket instead.
 *
 * The page takes the event and a form's fields at once; this module is fetched for the first of them.
 *
 * @import { Problem } from './index.js'
 * @import { Page } from './page.js'
 */
import { all, make, write } from './element.js';

const VALUE = 'data-value-';
const NOTHING = { code: 'empty', message: 'Choose a file first.' };

/**
 * @param {Page} page
 * @param {HTMLElement} control
 * @param {FormData} [form] a button has values instead
 */
export async function run(page, control, form) {
  if (control.ariaBusy === 'true') return;
  const fields = form ? [...form] : values(control);
  const payload = Object.fromEntries(fields.filter(([key, value]) => typeof value === 'string' && key[0] !== '_'));
  control.ariaBusy = 'true';
  const problem = await save(page, control, payload);
  control.ariaBusy = null;
  show(control, problem);
  if (!problem) page.status.announce(control.dataset.eventDone);
}

/** @param {HTMLElement} button @returns {[string, FormDataEntryValue][]} */
function values(button) {
  const given = [...button.attributes].filter(({ name }) => name.startsWith(VALUE));
  return given.map(({ name, value }) => [name.slice(VALUE.length), value]);
}

/** @param {Page} page @param {HTMLElement} control @param {object} payload */
async function save({ uploader, events }, control, payload) {
  const slots = all('input[data-upload]', control).map(({ dataset }) => dataset.upload ?? '');
  const files = () => uploader.of(...slots);
  const waiting = files();
  const sendable = waiting.some(({ settled, file, state }) => !settled && (file || state === 'uploaded'));
  if (!sendable && control.querySelector('[data-upload-submit]')) return NOTHING;
  await uploader.submit(slots);
  // Each row says what went wrong with it; there is nothing to save when nothing has arrived.
  if (waiting.length > 0 && !files().some(({ state }) => state === 'uploaded')) return null;
  const problem = await events.send(control.dataset.event ?? '', payload);
  if (!problem) uploader.saved(slots);
  return problem;
}

/** @param {HTMLElement} control @param {Problem | null} problem */
function show(control, problem) {
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
