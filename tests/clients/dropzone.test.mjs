/** Dropzone, with chunks, one after another and all at once. */
import { until } from '../browser/support.mjs';
import { DROPZONE } from './clients.mjs';
import { rig } from './rig.mjs';
import { scene } from './stage.mjs';
import { stored } from './store.mjs';

const set = rig(DROPZONE);

for (const cookies of [true, false]) {
  const wishes = { ...DROPZONE, cookies, chunk: undefined, more: 'parallelChunkUploads: true' };
  scene(set, `Dropzone sends all chunks at once, ${cookies ? 'with' : 'without'} the cookie`, wishes, async ({ page }) => {
    const file = await set.folder.make('parallel.bin', 6 * DROPZONE.chunk + 99);
    await DROPZONE.choose(page, file.path);
    await until('the page to say that it is stored', () => DROPZONE.done(page, file.name));
    await stored(set.server, file);
  });
}
