// @ts-check
/**
 * Tells the application, by events on `window`, so that it can listen without knowing us.
 *
 * @import { Problem, State, View } from './index.js'
 * @import { Entry } from './entry.js'
 * @import { Uploader } from './uploader.js'
 */
import { emit } from './element.js';

/** @type {Partial<Record<State, 'verifying' | 'complete' | 'error' | 'cancelled'>>} */
const STATUS = { checking: 'verifying', uploaded: 'complete', stored: 'complete', refused: 'error', failed: 'error', cancelled: 'cancelled' };

/** @implements {View} */
export class Signals {
  element = document.documentElement;
  #uploader;
  /** @type {WeakMap<Entry, Problem | null>} */
  #told = new WeakMap();
  /** By slot, what was refused since the last frame. @type {Map<string, { file: File | null, ref: string, error: Problem }[]>} */
  #touched = new Map();

  /** @param {Uploader} uploader */
  constructor(uploader) {
    this.#uploader = uploader;
  }

  /** @param {Entry} entry @param {boolean} gone */
  show(entry, gone) {
    const { ref, id, slot: uploadName, file, state, error, progress, acked: loaded, size: total } = entry;
    const refused = this.#touched.get(uploadName) ?? [];
    this.#touched.set(uploadName, refused);
    if (gone) return;
    emit('upload:progress', { ref, id, progress, status: STATUS[state] ?? 'uploading', uploadName, loaded, total });
    const news = error && error !== this.#told.get(entry);
    this.#told.set(entry, error);
    if (!news) return;
    emit('upload:error', { file, ref, error });
    if (state === 'refused') refused.push({ file, ref, error });
  }

  frame() {
    for (const [uploadName, files] of this.#touched) {
      if (files.length > 0) emit('upload:rejected', { uploadName, files });
      emit('upload:total', { uploadName, ...this.#uploader.totals(uploadName) });
    }
    this.#touched.clear();
  }
}
