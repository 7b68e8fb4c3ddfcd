// @ts-check
/**
 * Dragging and pasting, watched on the whole window.
 *
 * Where a page has one zone, a file may be dropped anywhere: a near miss must not make the browser open the file and throw the
 * page away. `dragover` repeats all the time, so the state is taken from it and no enters and leaves have to be counted.
 *
 * @import { Uploader } from './uploader.js'
 * @import { Zone } from './zone.js'
 */

export class Drop {
  #zones;
  #uploader;

  /**
   * @param {Zone[]} zones
   * @param {Uploader} uploader
   */
  constructor(zones, uploader) {
    this.#zones = zones;
    this.#uploader = uploader;
    addEventListener('dragover', (event) => this.#over(event));
    addEventListener('dragleave', (event) => event.relatedTarget === null && this.#clear());
    addEventListener('dragend', () => this.#clear());
    addEventListener('drop', (event) => this.#drop(event));
    addEventListener('paste', (event) => this.#paste(event));
  }

  /** @param {DragEvent} event */
  #target(event) {
    const near = this.#zones.find((zone) => zone.contains(/** @type {Node} */ (event.target)));
    return near ?? (this.#zones.length === 1 ? this.#zones[0] : undefined);
  }

  /** @param {DragEvent} event */
  #over(event) {
    const transfer = event.dataTransfer;
    if (!transfer) return;
    const files = transfer.types.includes('Files');
    const target = this.#target(event);
    const near = target?.contains(/** @type {Node} */ (event.target)) ?? false;
    const welcome = files && target?.droppable === true;
    if (files || near) {
      event.preventDefault();
      transfer.dropEffect = welcome ? 'copy' : 'none';
    }
    document.documentElement.classList.toggle('upload-dragging', welcome);
    for (const zone of this.#zones) zone.drag(zone !== target || !near || !zone.droppable ? '' : files ? 'hover' : 'bad');
  }

  #clear() {
    document.documentElement.classList.remove('upload-dragging');
    for (const zone of this.#zones) zone.drag('');
  }

  /** @param {DragEvent} event */
  #drop(event) {
    const target = this.#target(event);
    this.#clear();
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    if (target?.droppable) void target.drop(event.dataTransfer);
  }

  /** @param {ClipboardEvent} event */
  #paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    const zone = this.#zones.find((one) => one.contains(/** @type {Node} */ (event.target))) ?? this.#zones[0];
    if (files.length === 0 || !zone || zone.disabled) return;
    event.preventDefault();
    this.#uploader.add(zone.slot, files.map((file) => ({ file })));
  }
}
