/** FilePond, with chunks; and a form around it that names what was uploaded. */
import assert from 'node:assert/strict';
import { pdf } from '../browser/files.mjs';
import { until } from '../browser/support.mjs';
import { FILEPOND } from './clients.mjs';
import { rig } from './rig.mjs';
import { scene } from './stage.mjs';
import { stored } from './store.mjs';

const set = rig(FILEPOND);

const form = { html: 'filepond-form', script: 'filepond', cookies: true, place: 'documents/documents' };
scene(set, 'FilePond in a form fills a slot that waits for its form', form, async ({ page }) => {
  const file = await set.folder.make('letter.pdf', 20_000, pdf('letter.pdf').buffer);
  await FILEPOND.choose(page, file.path);
  await until('the page to say that it is uploaded', () => FILEPOND.done(page, file.name));
  await page.getByRole('button', { name: 'Send' }).click();
  await page.waitForURL(`${set.server.url}/documents**`);
  await page.getByRole('link', { name: file.name }).first().waitFor();
  await stored(set.server, file);
});

// It asks for the offset then, and never with the cookie, whatever its options say.
for (const cookies of [true, false]) {
  const asks = `FilePond goes on when a person asks for it, ${cookies ? 'with' : 'without'} the cookie`;
  scene(set, asks, { ...FILEPOND, chunk: undefined, cut: true, cookies, known: cookies }, async ({ page }) => {
    const file = await set.folder.make('again.bin', 4 * FILEPOND.chunk + 5);
    const before = set.wire.sent;
    const given = page.locator('[data-filepond-item-state=processing-error]').waitFor();
    const cut = set.wire.after(2.5 * FILEPOND.chunk, () => set.wire.rest(given));
    await FILEPOND.choose(page, file.path);
    await cut;
    await page.locator('.filepond--action-retry-item-processing').click();
    await until('the page to say that it is stored', () => FILEPOND.done(page, file.name));
    await stored(set.server, file);
    assert.ok(set.wire.sent - before < file.size + 2 * FILEPOND.chunk, 'it went on where it was');
  });
}
