// @ts-check
/**
 * Reads folders that were dropped, and the folders in them.
 *
 * @import { Picked } from './index.js'
 */

/**
 * @param {FileSystemEntry[]} entries
 * @param {(count: number) => void} counted is told how many files were found so far
 * @returns {Promise<Picked[]>}
 */
export async function read(entries, counted) {
  /** @type {Picked[]} */
  const picks = [];
  for (const entry of entries) await walk(entry, picks, counted);
  return picks;
}

/**
 * @param {FileSystemEntry} entry
 * @param {Picked[]} picks
 * @param {(count: number) => void} counted
 */
async function walk(entry, picks, counted) {
  if (entry.isFile) {
    const file = await new Promise((resolve) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, () => resolve(null)));
    // A file that vanished while the folder was read is no reason to lose the others.
    if (file) picks.push({ file, path: entry.fullPath.slice(1) });
    counted(picks.length);
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    // One call gives about a hundred entries at most; only an empty answer means the end.
    if (some.length === 0) return;
    for (const child of some) await walk(child, picks, counted);
  }
}
