/** Files to upload, and what of them the server has in its store: the bytes on the disk, not what it says of them. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../browser/support.mjs';

export const BIG = 200 * 1024 * 1024;
const BLOCK = 1 << 20;

export class Folder {
  #made = 0;

  static async open() {
    const folder = new Folder();
    folder.path = await mkdtemp(join(tmpdir(), 'longshore-clients-'));
    return folder;
  }

  /**
   * A file on the disk in which no two places are alike, so that a piece at the wrong one shows.
   *
   * @param {string} name
   * @param {number} size
   * @param {Buffer} [head] what it begins with
   */
  async make(name, size, head = Buffer.alloc(0)) {
    this.#made += 1;
    const place = join(this.path, String(this.#made));
    await mkdir(place);
    const [path, hash, block] = [join(place, name), createHash('sha256'), randomBytes(BLOCK)];
    const file = await open(path, 'w');
    for (let at = 0; at < size; at += BLOCK) {
      for (let mark = 0; mark < BLOCK; mark += 4096) block.writeDoubleLE(at + mark, mark);
      if (at === 0) head.copy(block);
      const piece = block.subarray(0, Math.min(BLOCK, size - at));
      hash.update(piece);
      await file.write(piece);
    }
    await file.close();
    return { name, path, size, hash: hash.digest('hex') };
  }

  remove() {
    return rm(this.path, { recursive: true, force: true });
  }
}

/** Waits until the server has a file, byte for byte. */
export async function stored(server, file) {
  const judged = new Map();
  await until(`${file.name} (${file.size} bytes) to be stored as it is`, async () => {
    for (const path of await kept(server)) {
      if (judged.has(path) || (await stat(path)).size !== file.size) continue;
      judged.set(path, await digest(path));
    }
    assert.ok(judged.size < 1_000);
    return [...judged.values()].includes(file.hash);
  });
}

/** The files that a server has stored. */
export async function kept(server) {
  const folder = join(server.data, 'files');
  return (await readdir(folder)).filter((name) => !name.startsWith('.')).map((name) => join(folder, name));
}

export async function digest(path) {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: BLOCK })) hash.update(piece);
  return hash.digest('hex');
}
