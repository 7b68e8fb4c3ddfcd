/** What /files is for: many files, large ones, folders, and uploads that go on after whatever happened to them. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { all, choose, digest, listing, region, row, rows, state, stored, verb } from './acts.mjs';
import { bytes, sha256 } from './files.mjs';
import { open, stage, until } from './support.mjs';

const set = stage();
const { scene } = set;

/** What the browser says of a connection that the test itself has broken. */
const BROKEN = /WebSocket connection to .* failed|ERR_CONNECTION_(REFUSED|RESET|CLOSED)/;
const LOST = /Connection lost\. Your files are kept; the upload goes on by itself\./;

let folder;
const LARGE = 150_000_000;
let large;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-chosen-'));
  // The same mebibyte with a number in it, so that pieces which change places are noticed.
  const hash = createHash('sha256');
  const body = Buffer.alloc(LARGE);
  const piece = randomBytes(1 << 20);
  for (let at = 0; at < LARGE; at += piece.length) {
    piece.writeUInt32LE(at, 0);
    piece.copy(body, at);
  }
  large = { path: join(folder, 'large.bin'), name: 'large.bin', hash: hash.update(body).digest('hex') };
  await writeFile(large.path, body);
  await mkdir(join(folder, 'trip/day 2'), { recursive: true });
  await writeFile(join(folder, 'trip/plan.txt'), 'Go.\n');
  await writeFile(join(folder, 'trip/day 2/plan.txt'), 'Come back.\n');
});
after(() => rm(folder, { recursive: true, force: true }));

const value = async (page, name) => Number(await row(page, name).getByRole('progressbar').getAttribute('aria-valuenow'));
const banner = (page) => page.locator('[data-upload-connection]');

async function intact(page, name, hash) {
  await state(page, name, 'stored');
  await stored(page, name).waitFor();
  assert.equal(await digest(page, await stored(page, name).locator('a').first().getAttribute('href')), hash, `${name} came whole`);
}

scene('a thousand files dropped at once all arrive, and the page stays awake', { at: '/files', timeout: 150_000 }, async ({ page, t }) => {
  const begun = Date.now();
  await page.evaluate(() => {
    window.longest = 0;
    let last = performance.now();
    const look = (now) => {
      window.longest = Math.max(window.longest, now - last);
      last = now;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    const transfer = new DataTransfer();
    for (let i = 0; i < 1000; i += 1) transfer.items.add(new File([`This is file ${i}.\n`.repeat(1 + (i % 40))], `file ${i}.txt`, { type: 'text/plain' }));
    document.querySelector('[data-upload-drop]').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  });
  const kept = page.locator('.upload-progress-item[data-state=stored]');
  await until('a thousand rows', async () => (await rows(page).count()) === 1000, 60_000);
  await until('all of them to be stored', async () => (await kept.count()) === 1000, 120_000);
  t.diagnostic(`stored after ${((Date.now() - begun) / 1000).toFixed(1)} s, longest frame ${Math.round(await page.evaluate(() => window.longest))} ms`);
  const files = await listing(page, 'files');
  assert.equal(files.length, 1000);
  assert.deepEqual(new Set(files.map(({ name }) => name)), new Set(Array.from({ length: 1000 }, (_, i) => `file ${i}.txt`)));
  const one = files.find(({ name }) => name === 'file 739.txt');
  assert.equal(one.sha256, sha256('This is file 739.\n'.repeat(20)));
  assert.equal(await digest(page, one.url), one.sha256);
});

scene('pause holds an upload where it is, resume goes on from there, and it comes whole', { at: '/files', slow: true }, async ({ page, line }) => {
  const file = bytes('film.bin', 12_000_000);
  line.speed = 3_000_000;
  await choose(page, file);
  await until('some of it to have arrived', async () => (await rows(page).count()) === 1 && (await value(page, file.name)) >= 5);
  await verb(page, file.name, 'pause').click();
  const one = await state(page, file.name, 'paused');
  assert.match(await one.textContent(), /Paused/);
  // What was already on its way still arrives and is counted.
  let seen = { acked: -1, since: 0 };
  await until('the last of it to be acknowledged', async () => {
    const acked = await value(page, file.name);
    if (acked !== seen.acked) seen = { acked, since: Date.now() };
    return Date.now() - seen.since > 800;
  });
  assert.doesNotMatch(await one.innerText(), /\/s|left/, 'what is paused has no speed and no time left');
  assert.equal(await stored(page, file.name).count(), 0);
  line.speed = Infinity;
  await verb(page, file.name, 'resume').click();
  await intact(page, file.name, sha256(file.buffer));
});

scene('Pause all and Resume all hold and free every upload, and the summary says how it stands', { at: '/files', slow: true }, async ({ page, line }) => {
  // Larger than what may be on its way, so that there is something left to hold.
  line.speed = 2_000_000;
  const files = ['a.bin', 'b.bin', 'c.bin', 'd.bin', 'e.bin'].map((name) => bytes(name, 8_000_000));
  await choose(page, ...files);
  await until('five rows', async () => (await rows(page).count()) === 5);
  const summary = page.locator('[data-upload-summary]');
  await until('the summary to count', async () => /\d of 5 stored · [\d.]+ of 40 MB/.test((await summary.innerText()).replaceAll('\u00a0', ' ')));
  await all(page, 'Pause all').click();
  await until('nothing to be on its way', async () => (await page.locator(':is([data-state=uploading], .upload-progress-item[data-state=queued])').count()) === 0);
  line.speed = Infinity;
  await all(page, 'Resume all').click();
  for (const file of files) await intact(page, file.name, sha256(file.buffer));
  await until('the summary to be content', async () => /5 stored/.test(await summary.innerText()));
});

scene('a row keeps its height while its file waits, goes, pauses and arrives, so nothing moves under the pointer', { at: '/files', slow: true }, async ({ page, line }) => {
  line.speed = 12_000_000;
  await page.evaluate(() => {
    window.heights = {};
    const look = () => {
      for (const row of document.querySelectorAll('.upload-progress-item')) (window.heights[row.dataset.state] ??= []).push(row.offsetHeight);
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await choose(page, large.path);
  // The longest line that a row may have to say, with everything in it.
  await until('the time left to be known', async () => (await rows(page).count()) === 1 && /left/.test(await row(page, large.name).innerText()));
  await until('some frames with it', async () => (await value(page, large.name)) >= 15);
  await verb(page, large.name, 'pause').click();
  await state(page, large.name, 'paused');
  line.speed = Infinity;
  await verb(page, large.name, 'resume').click();
  await state(page, large.name, 'stored');
  const heights = await page.evaluate(() => Object.entries(window.heights).map(([state, all]) => `${state} ${Math.min(...all)} to ${Math.max(...all)}`));
  const different = new Set(heights.flatMap((line) => line.match(/\d+/g)));
  assert.equal(different.size, 1, heights.join(', '));
});

scene('one of several uploads is cancelled, and the others arrive', { at: '/files', slow: true }, async ({ page, line }) => {
  line.speed = 500_000;
  const files = ['left.bin', 'middle.bin', 'right.bin'].map((name) => bytes(name, 1_500_000));
  await choose(page, ...files);
  await state(page, 'middle.bin', 'uploading');
  await verb(page, 'middle.bin', 'cancel').click();
  await state(page, 'middle.bin', 'cancelled');
  line.speed = Infinity;
  for (const file of [files[0], files[2]]) await intact(page, file.name, sha256(file.buffer));
  assert.equal(await stored(page, 'middle.bin').count(), 0);
});

scene('the page finds a server again that was killed in the middle of an upload, and the file comes whole', { at: '/files', slow: true, forgive: BROKEN, timeout: 120_000 }, async ({ page, server, line, t }) => {
  line.speed = 30_000_000;
  await choose(page, large.path);
  await until('a part of it to have arrived', async () => (await rows(page).count()) === 1 && (await value(page, large.name)) >= 8);
  await server.kill('SIGKILL');
  await banner(page).waitFor({ state: 'visible' });
  assert.match(await banner(page).innerText(), LOST);
  await state(page, large.name, 'reconnecting');
  const before = await value(page, large.name);
  assert.ok(before < 100, `it was killed at ${before} %`);
  await server.again();
  line.speed = Infinity;
  await banner(page).waitFor({ state: 'hidden', timeout: 40_000 });
  await until('it to go on', async () => (await row(page, large.name).getAttribute('data-state')) !== 'reconnecting');
  t.diagnostic(`killed at ${before} %, went on at ${await value(page, large.name)} %`);
  await state(page, large.name, 'stored');
  await intact(page, large.name, large.hash);
});

scene('a line that breaks again and again only delays an upload', { at: '/files', slow: true, forgive: BROKEN }, async ({ page, line }) => {
  const file = bytes('stubborn.bin', 16_000_000);
  line.speed = 8_000_000;
  await choose(page, file);
  for (const part of [5, 30]) {
    await until(`${part} % to have arrived`, async () => (await rows(page).count()) === 1 && (await value(page, file.name)) >= part, 30_000);
    line.cut();
    await banner(page).waitFor({ state: 'visible' });
    assert.match(await banner(page).innerText(), LOST);
    await banner(page).waitFor({ state: 'hidden' });
  }
  line.speed = Infinity;
  await intact(page, file.name, sha256(file.buffer));
});

scene('a file chosen while the connection is lost waits, and goes when it is back', { at: '/files', slow: true, forgive: BROKEN }, async ({ page, line }) => {
  line.speed = 0;
  line.cut();
  await banner(page).waitFor({ state: 'visible' });
  const file = bytes('patient.bin', 40_000);
  await choose(page, file);
  await row(page, file.name).waitFor();
  assert.equal(await page.locator('[data-upload-drop]').getAttribute('data-zone'), 'offline');
  line.speed = Infinity;
  await intact(page, file.name, sha256(file.buffer));
  await banner(page).waitFor({ state: 'hidden' });
});

scene('a chosen folder arrives with its paths', { at: '/files' }, async ({ page }) => {
  await page.locator('input[webkitdirectory]').setInputFiles(join(folder, 'trip'));
  await until('two stored files', async () => (await region(page).locator('[data-key]').count()) === 2);
  await stored(page, 'trip/plan.txt').waitFor();
  await stored(page, 'trip/day 2/plan.txt').waitFor();
});

scene('a dropped folder is read to its end and arrives with its paths', { at: '/files' }, async ({ page, context }) => {
  const box = await page.locator('[data-upload-drop]').boundingBox();
  const tools = await context.newCDPSession(page);
  const at = { x: box.x + box.width / 2, y: box.y + 20, data: { items: [], files: [join(folder, 'trip')], dragOperationsMask: 1 } };
  for (const type of ['dragEnter', 'dragOver', 'drop']) await tools.send('Input.dispatchDragEvent', { type, ...at });
  await stored(page, 'trip/plan.txt').waitFor();
  await stored(page, 'trip/day 2/plan.txt').waitFor();
});

scene('a file of no bytes arrives too', { at: '/files' }, async ({ page }) => {
  await choose(page, { name: 'empty.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) });
  await intact(page, 'empty.txt', sha256(''));
});

scene('a file that changed on the disk while it was paused fails with a reason and offers a retry', { at: '/files', slow: true }, async ({ page, line }) => {
  const path = join(folder, 'report.bin');
  // Larger than what the page reads ahead.
  await writeFile(path, randomBytes(40_000_000));
  line.speed = 500_000;
  await choose(page, path);
  await state(page, 'report.bin', 'uploading');
  await verb(page, 'report.bin', 'pause').click();
  await state(page, 'report.bin', 'paused');
  await writeFile(path, randomBytes(1_000));
  line.speed = Infinity;
  await verb(page, 'report.bin', 'resume').click();
  const one = await state(page, 'report.bin', 'failed');
  assert.match(await one.textContent(), /can.t be read/);
  await verb(page, 'report.bin', 'retry').waitFor();
});

scene('the voice for screen readers says what was stored and what was refused, not each percent', { at: '/photos' }, async ({ page }) => {
  const voice = page.locator('[data-upload-voice]');
  assert.equal(await voice.getAttribute('aria-live'), 'polite');
  await page.evaluate(() => {
    window.said = [];
    const voice = document.querySelector('[data-upload-voice]');
    new MutationObserver(() => window.said.push(voice.textContent)).observe(voice, { childList: true, characterData: true, subtree: true });
  });
  await choose(page, { name: 'no.txt', mimeType: 'text/plain', buffer: Buffer.from('no') });
  await until('the refusal to be said', () => page.evaluate(() => window.said.some((text) => text.includes('no.txt: Only'))));
});
