/** What is uploaded: files on the disk, each with a digest of its own. */
import { Folder } from '../../tests/clients/store.mjs';

const MIB = 1 << 20;

/** @type {Record<string, { files: number, size: number }>} */
export const WORK = {
  b1: { files: 1, size: 512 * MIB },
  b2: { files: 4, size: 128 * MIB },
  b3: { files: 1_000, size: 16 << 10 },
};

export class Work {
  /** Small files are counted, large ones weighed. */
  get unit() {
    return this.size < MIB ? 'files/s' : 'MiB/s';
  }

  /** @param {string} name */
  static async make(name) {
    const work = Object.assign(new Work(), WORK[name], { name, folder: await Folder.open(), made: [] });
    for (let n = 0; n < work.files; n += 1) work.made.push(await work.folder.make(`${name} ${n}.bin`, work.size));
    return work;
  }

  rate(seconds) {
    return (this.unit === 'files/s' ? this.files : (this.files * this.size) / MIB) / seconds;
  }

  remove() {
    return this.folder.remove();
  }
}
