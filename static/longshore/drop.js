// @ts-check
/**
 * Dragging and pasting, watched on the whole window.
 *
 * Where a page has one zone, a file may be dropped anywhere: a near miss must not make the browser open the file and throw the
 * page away. `dragover` repeats all the time, so the state is taken from it and no enters and leaves have to be counted.
 *
 * @import { Picked } from './index.js'
 * @import { Zone } from './zone.js'
 */
import { unpack } from './folder.js';

export class Drop {
  #zones;
  #chosen;

  /**
   * @param {() => Zone[]} zones
   * @param {(slot: string, picks: Picked[]) => void} chosen
   */
  constructor(zones, chosen) {
    this.#zones = zones;
    this.#chosen = chosen;
  }

  /** @param {DragEvent} event */
  over(event) {
    const { dataTransfer: transfer } = event;
    if (!transfer) return;
    const files = transfer.types.includes('Files');
    const near = this.#near(event);
    const target = near ?? this.#only;
    const welcome = files && target?.droppable === true;
    if (files || near) {
      event.preventDefault();
      transfer.dropEffect = welcome ? 'copy' : 'none';
    }
    document.documentElement.classList.toggle('upload-dragging', welcome);
    for (const zone of this.#zones()) zone.drag(zone !== near || !zone.droppable ? '' : files ? 'hover' : 'bad');
  }

  clear() {
    document.documentElement.classList.remove('upload-dragging');
    for (const zone of this.#zones()) zone.drag('');
  }

  /** @param {DragEvent} event */
  async drop(event) {
    const { dataTransfer: transfer } = event;
    const zone = this.#near(event) ?? this.#only;
    this.clear();
    if (!transfer?.types.includes('Files')) return;
    event.preventDefault();
    if (!zone?.droppable) return;
    const picks = await unpack(transfer, (count) => {
      zone.reading = count;
      zone.frame();
    });
    zone.reading = null;
    zone.frame();
    this.#chosen(zone.slot, picks);
  }

  /** @param {ClipboardEvent} event */
  paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    const zone = this.#near(event) ?? this.#zones().find((one) => !one.disabled && !one.without('paste'));
    if (files.length === 0 || !zone || zone.disabled || zone.without('paste')) return;
    event.preventDefault();
    this.#chosen(zone.slot, files.map((file) => ({ file })));
  }

  /** @param {Event} event */
  #near({ target }) {
    return this.#zones().find(({ element }) => element.contains(/** @type {Node} */ (target)));
  }

  get #only() {
    const zones = this.#zones();
    return zones.length === 1 ? zones[0] : undefined;
  }
}
