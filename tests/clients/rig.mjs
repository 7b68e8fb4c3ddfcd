/**
 * What every client that runs in a page has to stand: files of every awkward size, a line that breaks, a server that is
 * killed, refusals that a person can read, with the cookie and without one.
 */
import assert from 'node:assert/strict';
import { png, program } from '../browser/files.mjs';
import { until } from '../browser/support.mjs';
import { scene, stage } from './stage.mjs';
import { BIG, kept, stored } from './store.mjs';

/** What may be on its way when a line breaks, and is sent again, beside the chunk that was cut. */
const ON_ITS_WAY = 12_000_000;

/** What is refused where, and what is said then. */
export const REFUSED = {
  'by its type': {
    place: 'photos/photos',
    make: (folder) => folder.make('notes.txt', 700),
    says: 'Only JPG, PNG, GIF or WebP can be uploaded here.',
  },
  'by its size': {
    place: 'photos/photos',
    make: (folder) => folder.make('large.png', 10_500_000, png('head').buffer),
    says: 'over the limit of 10 MB.',
  },
  // No picture, for Dropzone looks at those itself.
  'by what is in it': {
    place: 'documents/documents',
    make: (folder) => folder.make('letter.pdf', 3_000_000, program('letter.pdf').buffer),
    says: 'This is a Windows program, not a PDF document.',
  },
};

/** All that a page shows, tooltips too. */
export const shown = (page) =>
  page.evaluate(() => [document.body.textContent, ...[...document.querySelectorAll('[aria-label]')].map((one) => one.ariaLabel)].join('\n'));

/**
 * @param {object} client
 * @param {string} client.name
 * @param {string} client.html the name of its HTML in the guide
 * @param {string} client.script the name of its script
 * @param {number} client.chunk how large its chunks are
 * @param {object} [client.chunked] what `snippet` takes to have chunks
 * @param {(page: object, path: string) => Promise<void>} client.choose
 * @param {(page: object, name: string) => Promise<boolean>} client.done says that a file is stored
 * @param {boolean} client.resumes sends only what is missing
 * @param {boolean} client.waits tries for long enough to see a server come back
 */
export function rig({ name, html, script, chunk, chunked = {}, choose, done, resumes, waits }) {
  const set = stage({ browser: true });
  const play = (what, wishes, act) => scene(set, `${name} ${what}`, { html, script, ...wishes }, act);

  async function send(page, file) {
    await choose(page, file.path);
    await until(`the page to say that ${file.name} is stored`, () => done(page, file.name));
    await stored(set.server, file);
  }

  play('sends a small file, an empty one, one of exactly a chunk and one of three', { ...chunked }, async ({ page }) => {
    for (const [called, size] of [['small', 5_000], ['empty', 0], ['one chunk', chunk], ['three chunks', 3 * chunk]]) {
      await send(page, await set.folder.make(`${called}.bin`, size));
    }
  });

  play(resumes ? 'sends 200 MiB over a line that is cut, and goes on where it was' : 'sends 200 MiB over a line that is cut', { cut: true }, async ({ page, t }) => {
    const file = await set.folder.make('film.bin', BIG);
    const before = set.wire.sent;
    const cut = set.wire.after(90_000_000, () => (waits ? set.wire.rest() : undefined));
    await send(page, file);
    await cut;
    const twice = set.wire.sent - before - BIG;
    t.diagnostic(`${(twice / 1e6).toFixed(1)} MB were sent twice`);
    if (resumes) assert.ok(twice < ON_ITS_WAY + chunk, `${twice} bytes were sent twice`);
  });

  if (waits) {
    play('sends on after the server was killed and started again', { cut: true, ...chunked }, async ({ page, t }) => {
      const file = await set.folder.make('killed.bin', 5 * chunk + 1_234);
      const before = set.wire.sent;
      const killed = set.wire.after(3.5 * chunk, async () => {
        await set.server.kill('SIGKILL');
        await set.server.again();
      });
      await send(page, file);
      await killed;
      const twice = set.wire.sent - before - file.size;
      t.diagnostic(`${(twice / 1e6).toFixed(1)} MB were sent twice`);
      if (resumes) assert.ok(twice < ON_ITS_WAY + chunk, `${twice} bytes were sent twice`);
    });
  }

  for (const [reason, { place, make, says }] of Object.entries(REFUSED)) {
    play(`shows why a file is refused ${reason}`, { place }, async ({ page }) => {
      const file = await make(set.folder);
      const before = (await kept(set.server)).length;
      await choose(page, file.path);
      await until(`the page to show: ${says}`, async () => (await shown(page)).includes(says));
      assert.equal((await kept(set.server)).length, before, 'nothing of it was stored');
    });
  }

  for (const known of [false, true]) {
    play(`sends the cookie, and the file is listed for ${known ? 'a visitor that is known' : 'a new visitor'}`, { cookies: true, known, ...chunked }, async ({ page }) => {
      const file = await set.folder.make('mine.bin', 2 * chunk + 77);
      await send(page, file);
      await page.goto(`${set.server.url}/files`);
      const { files } = await page.evaluate(async () => (await fetch('/api/files')).json());
      assert.deepEqual(files.map(({ name, size, sha256 }) => ({ name, size, sha256 })), [{ name: file.name, size: file.size, sha256: file.hash }]);
    });
  }
  return set;
}
