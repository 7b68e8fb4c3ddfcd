/**
 * Every example is used as a person would use it: on a folder of its own, at a desk and on a phone, and its page makes no error.
 * Pictures of each go to `shots/`.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { choose, field, region, row, state, stored } from './acts.mjs';
import { wrongs } from './axe.mjs';
import { bytes, pdf, png, sha256, text, zip } from './files.mjs';
import { ARGS, CHROMIUM, PATIENCE, until } from './support.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const BINARY = process.env.LONGSHORE_BIN ?? join(HERE, '../../target/debug/longshore');
const EXAMPLES = process.env.LONGSHORE_EXAMPLES ?? join(dirname(BINARY), 'examples');
const SHOTS = join(HERE, 'shots');
const PHONE = { width: 390, height: 844 };

let browser;
before(async () => {
  await mkdir(SHOTS, { recursive: true });
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
});
after(() => browser?.close());

/** Starts an example and plays with its page. @param {string} name @param {(scene: object) => Promise<void>} play */
function example(name, play) {
  test(`the example ${name}`, { timeout: 120_000 }, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), `longshore-${name}-`));
    const child = spawn(join(EXAMPLES, name), [], { cwd: folder, env: { ...process.env, PORT: '0', DATA: 'data' }, stdio: ['ignore', 'pipe', 'pipe'] });
    const stop = () => child.kill('SIGKILL');
    process.once('exit', stop);
    let log = '';
    child.stderr.on('data', (said) => (log += said));
    const gone = once(child, 'exit');
    const context = await browser.newContext({ bypassCSP: true, viewport: { width: 1000, height: 900 }, reducedMotion: 'reduce' });
    context.setDefaultTimeout(PATIENCE);
    try {
      const early = gone.then(([code]) => assert.fail(`the example stopped at once (${code}): ${log}`));
      const [url] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), early]);
      early.catch(() => {});
      const page = await context.newPage();
      const faults = [];
      page.on('pageerror', (error) => faults.push(String(error)));
      page.on('console', (message) => message.type() === 'error' && faults.push(`${message.text()} ${message.location().url ?? ''}`));
      await page.goto(url);
      await play({ page, url, folder: join(folder, 'data'), look: () => look(page, name) });
      await look(page, name);
      assert.deepEqual(faults, [], 'the page made no errors');
      await page.close();
      child.kill('SIGTERM');
      assert.equal((await gone)[0], 0, `it ends when it is told to: ${log}`);
    } catch (error) {
      if (log) t.diagnostic(`the example said: ${log}`);
      throw error;
    } finally {
      stop();
      process.off('exit', stop);
      await context.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
}

/** At both widths and in both colours nothing sticks out at the side and axe finds nothing wrong. */
async function look(page, name) {
  const desk = page.viewportSize();
  for (const size of [desk, PHONE]) {
    await page.setViewportSize(size);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} at ${size.width} px`);
      assert.deepEqual(await wrongs(page), [], `${name} at ${size.width} px, ${colorScheme}`);
      await page.screenshot({ path: join(SHOTS, `example-${name}-${size.width}-${colorScheme}.png`), fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(desk);
}

const item = (page, name) => page.locator('[data-region] .row', { hasText: name });
const digest = async (page, url) => sha256(await (await page.request.get(new URL(url, page.url()).href)).body());

example('avatar', async ({ page }) => {
  const [first, second] = [png('first.png'), png('second.png', { from: [90, 20, 60] })];
  const picture = page.locator('.current img');
  for (const file of [first, second]) {
    await choose(page, file);
    await page.locator('.portrait-preview img').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('.current-name', { hasText: file.name }).waitFor();
    assert.equal(await digest(page, await picture.getAttribute('src')), sha256(file.buffer));
  }
  const { files } = await (await page.request.get(new URL('/api/files', page.url()).href)).json();
  assert.deepEqual(files.map(({ name }) => name), ['second.png'], 'a new picture takes the place of the old one');
});

example('gallery', async ({ page }) => {
  await choose(page, png('lake.png', { width: 640, height: 480 }), png('hill.png', { from: [90, 20, 60] }), text('notes.txt'));
  await state(page, 'notes.txt', 'refused');
  for (const name of ['lake.png', 'hill.png']) await stored(page, name).waitFor();
  const shown = page.locator('.tile img');
  await until('the thumbnails', () => shown.evaluateAll((images) => images.length === 2 && images.every((image) => image.complete && image.naturalWidth > 0)));
  assert.match(await stored(page, 'lake.png').locator('img').getAttribute('src'), /thumbnail/);
  await page.getByRole('button', { name: 'Delete hill.png' }).click();
  await stored(page, 'hill.png').waitFor({ state: 'detached' });
  await page.reload();
  assert.equal(await page.locator('.tile').count(), 1);
});

example('documents', async ({ page, look }) => {
  await choose(page, pdf('report.pdf'), text('draft of a letter.txt'), png('picture.png'));
  await state(page, 'draft of a letter.txt', 'refused');
  await state(page, 'picture.png', 'refused');
  assert.match(await row(page, 'draft of a letter.txt').innerText(), /a draft by its name/);
  const errors = page.locator('.upload-error');
  assert.equal(await errors.count(), 2);
  assert.match(await errors.filter({ hasText: 'picture.png' }).innerText(), /Only PDF, DOCX or TXT/);
  await look();
  await page.getByRole('button', { name: 'Upload all' }).click();
  await item(page, 'report.pdf').waitFor();
  assert.equal(await page.locator('.row').count(), 1, 'what was refused is not stored');
});

example('document_manager', async ({ page, folder, look }) => {
  const file = pdf('report.pdf');
  await choose(page, file, text('letter.txt'));
  for (const name of ['report.pdf', 'letter.txt']) await item(page, name).waitFor();
  const link = await item(page, 'report.pdf').locator('a').getAttribute('href');
  assert.equal(await digest(page, link), sha256(file.buffer));
  const answer = await page.request.get(new URL(link, page.url()).href);
  assert.match(answer.headers()['content-disposition'], /attachment.*report\.pdf/);
  assert.equal((await fetch(new URL(link, page.url()))).status, 401, 'nobody else gets it');
  assert.equal((await readdir(join(folder, 'archive'))).length, 2);
  await item(page, 'letter.txt').locator('summary').click();
  await look();
  await item(page, 'letter.txt').getByRole('button', { name: 'Delete' }).click();
  await item(page, 'letter.txt').waitFor({ state: 'detached' });
  assert.equal((await readdir(join(folder, 'archive'))).length, 1);
  await page.reload();
  assert.equal(await page.locator('.stored .row').count(), 1, 'the table remembers');
});

example('existing_app', async ({ page, url }) => {
  const said = page.locator('.lead');
  assert.match(await said.innerText(), /sent 0 photos today\./);
  await page.getByRole('link', { name: 'Send photos' }).first().click();
  await field(page).waitFor({ state: 'attached' });
  await choose(page, png('boat.png'), png('crew.png'));
  for (const name of ['boat.png', 'crew.png']) await state(page, name, 'stored');
  await look(page, 'existing_app-photos');
  await page.goto(`${url}uploads`);
  assert.match(await said.innerText(), /sent 2 photos today\. Of all photos here, 2 are yours\./);
  const other = await page.context().browser().newContext();
  const stranger = await other.newPage();
  await stranger.goto(`${url}uploads`);
  assert.match(await stranger.locator('.lead').innerText(), /sent 2 photos today\.$/);
  await other.close();
});

example('own_writer', async ({ page, folder }) => {
  const file = bytes('backup.bin', 12_000_000);
  await choose(page, file);
  await item(page, 'backup.bin').waitFor();
  assert.match(await item(page, 'backup.bin').innerText(), /3 parts as /);
  const [key] = await readdir(join(folder, 'objects'));
  const parts = (await readdir(join(folder, 'objects', key))).sort();
  const read = await Promise.all(parts.map((part) => readFile(join(folder, 'objects', key, part))));
  assert.deepEqual(read.map((part) => part.length), [5_000_000, 5_000_000, 2_000_000]);
  assert.equal(sha256(Buffer.concat(read)), sha256(file.buffer));
  assert.deepEqual(await readdir(join(folder, 'files')), [], 'there is no copy');
});

example('virus_check', async ({ page }) => {
  const virus = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');
  // Across the border of two pieces, and far from the beginning.
  const hidden = text('hidden.txt', `${'a'.repeat(65_500)}${virus}${'b'.repeat(1_000)}`);
  await choose(page, text('good.txt', 'a'.repeat(200_000)), hidden, text('virus.txt', virus), zip('packed.ZIP', 5_000));
  await state(page, 'good.txt', 'stored');
  for (const name of ['hidden.txt', 'virus.txt', 'packed.ZIP']) await state(page, name, 'refused');
  assert.match(await row(page, 'hidden.txt').innerText(), /contains a virus/);
  assert.match(await row(page, 'packed.ZIP').innerText(), /No archives/);
  const { files } = await (await page.request.get(new URL('/api/files', page.url()).href)).json();
  assert.deepEqual(files.map(({ name }) => name), ['good.txt']);
});

example('background', async ({ page }) => {
  await choose(page, text('words.txt', 'one two three four five'));
  await item(page, 'words.txt').filter({ hasText: 'working…' }).waitFor();
  await item(page, 'words.txt').filter({ hasText: '5 words' }).waitFor();
  await page.reload();
  await item(page, 'words.txt').filter({ hasText: '5 words' }).waitFor();
});
