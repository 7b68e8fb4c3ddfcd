/** What a visitor sends by another way (another tab, a bare form) shows on the open page, and is listed there when it is stored. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { before } from 'node:test';
import { choose, region, row, stored, submit } from './acts.mjs';
import { wrongs } from './axe.mjs';
import { bytes, pdf, png, sha256, zip } from './files.mjs';
import { open, stage, until } from './support.mjs';

const { scene } = stage();
const SHOTS = new URL('./shots/', import.meta.url).pathname;
const BOUNDARY = '----elsewhere';

before(() => mkdir(SHOTS, { recursive: true }));

const elsewhere = (page) => page.locator('[data-region=elsewhere]');
const said = async (page) => (await page.locator('[data-region=elsewhere_status]').textContent()).trim();
const other = (page, name) => elsewhere(page).locator('.elsewhere-row', { hasText: name });

/** A form with one file, sent by the page's own visitor without the page; its second half waits for `rest`. */
async function slowForm({ server, context }, at, slot, { name, mimeType, buffer }) {
  const cookies = await context.cookies();
  const request = http.request(`${server.url}${at}`, {
    method: 'POST',
    headers: {
      cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
      origin: server.url,
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
    },
  });
  const answered = once(request, 'response');
  answered.catch(() => {});
  const part = (headers) => `--${BOUNDARY}\r\nContent-Disposition: form-data; ${headers}\r\n\r\n`;
  request.write(`${part('name="_event"')}save\r\n`);
  request.write(part(`name="${slot}"; filename="${name}"\r\nContent-Type: ${mimeType}`));
  const half = buffer.length >> 1;
  request.write(buffer.subarray(0, half));
  return {
    async rest() {
      request.write(buffer.subarray(half));
      request.end(`\r\n--${BOUNDARY}--\r\n`);
      const [answer] = await answered;
      answer.resume();
      assert.equal(answer.statusCode, 200);
    },
    giveUp: () => request.destroy(),
  };
}

scene('/files: a form that another program sends is shown while it comes, and listed without a reload', { at: '/files' }, async (set) => {
  const { page } = set;
  const file = bytes('From afar.bin', 3_000_000);
  await page.evaluate(() => (window.sameDocument = true));
  assert.equal(await elsewhere(page).locator('*').count(), 0, 'nothing is there');
  const form = await slowForm(set, '/files', 'files', file);
  const one = other(page, 'From afar');
  await until('some of it to be shown', async () => (await one.count()) === 1 && /MB so far/.test(await one.textContent()));
  assert.equal(await one.getByRole('progressbar').getAttribute('aria-label'), 'From afar.bin');
  await until('it to be said aloud', async () => (await said(page)) === 'Files are coming in from elsewhere.');
  assert.equal(await stored(page, 'From afar').count(), 0);
  await form.rest();
  await stored(page, 'From afar').waitFor();
  await one.waitFor({ state: 'detached' });
  assert.equal(await elsewhere(page).locator('*').count(), 0, 'the heading has gone too');
  await until('nothing to be said any more', async () => (await said(page)) === '');
  const url = await stored(page, 'From afar').locator('a').first().getAttribute('href');
  assert.equal(sha256(await (await page.request.get(url)).body()), sha256(file.buffer));
  assert.equal(await page.evaluate(() => window.sameDocument), true, 'the page was not loaded again');
});

scene('/photos: a picture from another tab is shown there as its own, and here with its percent until it is in the gallery', { at: '/photos', slow: true }, async ({ page, context, line }) => {
  const tab = await context.newPage();
  await open(tab, '/photos');
  line.speed = 600_000;
  await choose(tab, png('lake.png', { width: 1400, height: 900, noise: 1 }));
  const bar = other(page, 'lake').getByRole('progressbar');
  await until('a third of it', async () => (await bar.count()) === 1 && Number(await bar.getAttribute('value')) > 30);
  // Not `innerText`: this tab lies behind the other one.
  assert.match(await other(page, 'lake').textContent(), /Uploading\s*\d\d%\s*3\.8 MB/);
  assert.equal(await elsewhere(tab).locator('.elsewhere-row').count(), 0);
  assert.equal(await row(tab, 'lake.png').count(), 1);
  // A reload shows it from the beginning, script or not.
  const html = await (await page.request.get('/photos')).text();
  assert.match(html, /class="row elsewhere-row"/);
  line.speed = Infinity;
  await stored(page, 'lake.png').waitFor();
  await other(page, 'lake').waitFor({ state: 'detached' });
});

scene('/files: who has gone is no longer shown', { at: '/files' }, async (set) => {
  const form = await slowForm(set, '/files', 'files', bytes('broken off.bin', 3_000_000));
  await other(set.page, 'broken off').waitFor();
  form.giveUp();
  await other(set.page, 'broken off').waitFor({ state: 'detached' });
});

const LOOKS = [
  { at: '/avatar', slot: 'avatar', tab: () => png('Portrait.png', { width: 1200, height: 900, noise: 1 }), form: () => png('From the booth.png', { width: 800, height: 800, noise: 1 }) },
  { at: '/photos', slot: 'photos', tab: () => png('Sunset over the harbour, seen from the old lighthouse on the hill.png', { width: 1200, height: 900, noise: 1 }), form: () => png('IMG_2041.png', { width: 800, height: 800, noise: 1 }) },
  { at: '/documents', slot: 'documents', tab: () => pdf('Lease, signed.pdf', 3_000_000), form: () => pdf('Minutes of the meeting of the third of November, with all annexes.pdf', 2_000_000) },
  { at: '/files', slot: 'files', tab: () => zip('Backup of the old machine.zip', 3_000_000), form: () => bytes('tape.bin', 2_000_000) },
];

for (const { at, slot, tab: theirs, form: sent } of LOOKS) {
  scene(`${at} with files from elsewhere looks right and is accessible`, { at, slow: true, timeout: 90_000, context: { bypassCSP: true } }, async (set) => {
    const { page, context, line } = set;
    const form = await slowForm(set, at, slot, sent());
    const tab = await context.newPage();
    await open(tab, at);
    line.speed = 800_000;
    await choose(tab, theirs());
    if (slot === 'avatar' || slot === 'documents') {
      await row(tab, theirs().name).waitFor();
      await submit(tab).click();
    }
    const bars = elsewhere(page).getByRole('progressbar');
    await until('two rows, one of them half-way', async () => (await bars.count()) === 2 && Number(await bars.last().getAttribute('value')) > 35);
    line.speed = 1;
    for (const width of [390, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width} px: nothing sticks out at the side`);
        await page.screenshot({ path: join(SHOTS, `elsewhere-${slot}-${width}-${colorScheme}.png`), fullPage: true, animations: 'disabled' });
        assert.deepEqual(await wrongs(page), [], `${width} px, ${colorScheme}`);
      }
    }
    assert.ok((await region(page).count()) >= 1);
    form.giveUp();
  });
}
