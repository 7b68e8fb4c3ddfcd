/**
 * States that pass too quickly, or come too seldom, to be met by uploading: a file that the server still looks at, and one that
 * was interrupted before the page was loaded. What the server says of them is put into the socket.
 */
import assert from 'node:assert/strict';
import { choose, row, rows, state } from './acts.mjs';
import { bytes } from './files.mjs';
import { look } from './look.mjs';
import { stage, until } from './support.mjs';

const { scene } = stage();

/** Opens a page whose server is heard through `hear`, which may change a message or keep it back. */
async function between(page, at, hear) {
  await page.routeWebSocket(/\/ws$/, (near) => {
    const far = near.connectToServer();
    far.onMessage((message) => {
      const heard = typeof message === 'string' ? hear(JSON.parse(message)) : message;
      if (heard) near.send(typeof message === 'string' ? JSON.stringify(heard) : heard);
    });
  });
  await page.goto(at);
}

const looks = { at: null, context: { bypassCSP: true } };

scene('a file that the server still looks at says so, looks right and is accessible', looks, async ({ page }) => {
  await between(page, '/files', (message) => (message.type === 'progress' && message.status === 'complete' ? null : message));
  await choose(page, bytes('Survey of the coast.bin', 300_000));
  const one = await state(page, 'Survey of the coast.bin', 'checking');
  assert.match(await one.innerText(), /Checking…/);
  assert.equal(await one.getByRole('progressbar').getAttribute('aria-valuenow'), '100');
  await look(page, 'files-checking');
});

scene('uploads from before the page was loaded ask for their files, look right and are accessible', looks, async ({ page }) => {
  const before = ['Interview, second recording, uncut and without any noise reduction.wav', 'disk.img'].map((name, i) => ({
    ref: `before-${i}`, id: `0190a6e2-7d5b-7c1a-9f00-00000000000${i}`, slot: 'files', stream: 900 + i, name, size: 9_000_000, offset: 3_000_000 * i, status: 'uploading',
  }));
  await between(page, '/files', (message) => (message.type === 'welcome' ? { ...message, entries: before } : message));
  await until('both rows', async () => (await rows(page).count()) === 2);
  const one = await state(page, 'disk.img', 'interrupted');
  assert.match((await one.innerText()).replaceAll('\u00a0', ' '), /Interrupted[^]*choose the same file to continue/);
  assert.match(await page.locator('[data-upload-summary]').innerText(), /2 interrupted/);
  assert.equal(await row(page, 'disk.img').getByRole('progressbar').getAttribute('aria-valuenow'), '33');
  await look(page, 'files-interrupted');
});
