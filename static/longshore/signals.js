// @ts-check
/**
 * Tells the rest of the page, by events on `window` and lists of errors, so that an application can listen without knowing us.
 *
 * @import { Changes, Problem, State, View } from './index.js'
 * @import { Entry } from './entry.js'
 */
import { make, printable } from './element.js';
import { percent } from './format.js';

/** @type {Partial<Record<State, 'verifying' | 'complete' | 'error' | 'cancelled'>>} */
const STATUS = { checking: 'verifying', uploaded: 'complete', stored: 'complete', refused: 'error', failed: 'error', cancelled: 'cancelled' };

/** @implements {View} */
export class Signals {
  /** @type {WeakMap<Entry, Problem>} */
  #told = new WeakMap();

  /** @param {Changes} changes */
  update(changes) {
    /** @type {Map<string, { file: File | null, ref: string, error: Problem }[]>} */
    const rejected = new Map();
    for (const [entry, gone] of changes) {
      const { ref, id, slot, file, state, error, acked: loaded, size: total } = entry;
      const told = this.#told.get(entry) ?? null;
      if (gone || error !== told) this.#list(slot, entry, gone ? null : error);
      if (gone) continue;
      const status = STATUS[state] ?? 'uploading';
      emit('progress', { ref, id, progress: percent(loaded, total), status, uploadName: slot, loaded, total });
      if (!error || error === told) continue;
      this.#told.set(entry, error);
      emit('error', { file, ref, error });
      if (state === 'refused') rejected.set(slot, [...(rejected.get(slot) ?? []), { file, ref, error }]);
    }
    for (const [uploadName, files] of rejected) emit('rejected', { uploadName, files });
  }

  /** @param {string} slot @param {Entry} entry @param {Problem | null} error */
  #list(slot, { ref, name }, error) {
    const place = document.querySelector(`[data-upload-errors="${CSS.escape(slot)}"]`);
    place?.querySelector(`[data-upload-ref="${CSS.escape(ref)}"]`)?.remove();
    if (!place || !error) return;
    const line = make('p', 'upload-error', `${printable(name)}: ${error.message}`);
    line.dataset.uploadRef = ref;
    place.append(line);
  }
}

/** @param {string} name @param {object} detail */
function emit(name, detail) {
  dispatchEvent(new CustomEvent(`longshore:upload:${name}`, { detail }));
}
