// @ts-check
/**
 * Dragging and pasting, watched on the whole window.
 *
 * Where a page has one zone, a file may be dropped anywhere: a near miss must not make the browser open the file and throw the
 * page away. `dragover` repeats all the time, so the state is taken from it and no enters and leaves have to be counted.
 *
 * @import { Picked } from './index.js'
 * @import { Page } from './page.js'
 * @import { Zone } from './zone.js'
 */
export class Drop {
  #zones;
  #chosen;
  #fetched;

  /**
   * @param {() => Zone[]} zones
   * @param {(slot: string, picks: Picked[]) => void} chosen
   * @param {Page['fetched']} fetched
   */
  constructor(zones, chosen, fetched) {
    this.#zones = zones;
    this.#chosen = chosen;
    this.#fetched = fetched;
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
  drop(event) {
    const { dataTransfer: transfer } = event;
    const zone = this.#near(event) ?? this.#only;
    this.clear();
    if (!transfer?.types.includes('Files')) return;
    event.preventDefault();
    if (!zone?.droppable) return;
    // ORDER: the browser forgets what was dropped as soon as the event is over, so all of it is taken before anything is awaited.
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry != null);
    const files = [...transfer.files];
    if (entries.some((entry) => entry.isDirectory)) this.#unpack(zone, entries);
    else this.#choose(zone, files);
  }

  /** @param {ClipboardEvent} event */
  paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    const zone = this.#near(event) ?? this.#zones().find((one) => !one.disabled && !one.without('paste'));
    if (files.length === 0 || !zone || zone.disabled || zone.without('paste')) return;
    event.preventDefault();
    this.#choose(zone, files);
  }

  /** @param {Zone} zone @param {File[]} files */
  #choose({ slot }, files) {
    this.#chosen(slot, files.map((file) => ({ file })));
  }

  /** @param {Zone} zone @param {FileSystemEntry[]} entries */
  #unpack(zone, entries) {
    const counted = (/** @type {number | null} */ count) => {
      zone.reading = count;
      zone.frame();
    };
    counted(0);
    const done = this.#fetched(import('./folder.js'), async ({ read }) => this.#chosen(zone.slot, await read(entries, counted)));
    done.finally(() => counted(null));
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
