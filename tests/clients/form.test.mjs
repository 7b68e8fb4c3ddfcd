/** A bare form on a page of another origin: the browser goes to our page, which says what became of the files. */
import assert from 'node:assert/strict';
import { REFUSED } from './rig.mjs';
import { scene, stage } from './stage.mjs';
import { BIG, kept, stored } from './store.mjs';

const set = stage({ browser: true });

async function send(page, ...files) {
  await page.locator('input').setInputFiles(files.map(({ path }) => path));
  await page.getByRole('button', { name: 'Send' }).click();
  await page.waitForURL(`${set.server.url}/**`);
}

for (const cookies of [true, false]) {
  const from = cookies ? 'the same site' : 'another site';
  scene(set, `a bare form of ${from} sends files of every size`, { html: 'form', cookies }, async ({ page }) => {
    const sizes = [['small', 5_000], ['empty', 0], ['film', cookies ? 3_000_000 : BIG]];
    const files = await Promise.all(sizes.map(([name, size]) => set.folder.make(`${name}.bin`, size)));
    await send(page, ...files);
    for (const file of files) {
      await stored(set.server, file);
      await page.getByRole('link', { name: file.name }).first().waitFor();
    }
  });
}

for (const [reason, { place, make, says }] of Object.entries(REFUSED)) {
  scene(set, `a bare form leads to a page that says why a file is refused ${reason}`, { html: 'form', place }, async ({ page }) => {
    const before = (await kept(set.server)).length;
    await send(page, await make(set.folder));
    await page.getByText(says).first().waitFor();
    assert.equal((await kept(set.server)).length, before, 'nothing of it was stored');
  });
}
