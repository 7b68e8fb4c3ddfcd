/** FilePond, with chunks; and a form around it that names what was uploaded. */
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
