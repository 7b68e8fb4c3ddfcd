/**
 * Uploads that go on: over a line that was gone, a page that was loaded anew, a tab that was closed, a server that was killed, and
 * from one window to another. Each file is compared byte for byte at the end, and what was sent is counted.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { choose, digest, row, rows, state, stored, verb } from './acts.mjs';
import { bytes, sha256 } from './files.mjs';
import { look } from './look.mjs';
import { open, stage, until } from './support.mjs';

const { scene } = stage();
const BROKEN = /WebSocket connection to .* failed|ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|INTERNET_DISCONNECTED)|net::ERR_FAILED/;
const SIZE = 24_000_000;
/** What may be on its way when a line breaks, and is sent again. */
const ON_ITS_WAY = 10_000_000;
const WHEN = new Date('2026-01-02T03:04:05Z');

let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-resume-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A file on the disk, which has a time that stays the same. */
async function film(place = 'a') {
  const { buffer } = bytes('film.bin', SIZE);
  const path = join(folder, place, 'film.bin');
  await mkdir(join(folder, place), { recursive: true });
  await writeFile(path, buffer);
  await utimes(path, WHEN, WHEN);
  return { path, name: 'film.bin', hash: sha256(buffer), buffer };
}

/** Counts the bytes that pages send over their sockets. */
function count(context) {
  const sent = { bytes: 0 };
  const hear = (page) =>
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => typeof payload !== 'string' && (sent.bytes += payload.length)));
  context.pages().forEach(hear);
  context.on('page', hear);
  return sent;
}

/** Keeps every step of the progress that a page shows. */
const watch = (page) =>
  page.evaluate(() => {
    window.steps = [];
    addEventListener('longshore:upload:progress', ({ detail }) => detail.status === 'uploading' && window.steps.push(detail.loaded));
  });
const steps = (page) => page.evaluate(() => window.steps);
const loaded = async (page) => (await page.evaluate(() => longshore.entries('files').map(({ loaded }) => loaded)))[0] ?? 0;
const banner = (page) => page.locator('[data-upload-connection]');

/** Lets a part of a file arrive. */
async function begin(page, line, file, from = 4_000_000) {
  line.speed = 6_000_000;
  await watch(page);
  await choose(page, file.path);
  await until('a part of it to have arrived', async () => (await loaded(page)) >= from);
}

async function intact(page, file) {
  await state(page, file.name, 'stored', 60_000);
  await stored(page, file.name).waitFor();
  assert.equal(await digest(page, await stored(page, file.name).locator('a').first().getAttribute('href')), file.hash, 'it came whole');
}

/** Nothing was shown that was less than what had been there before by more than was on its way. */
async function neverBack(page, sent, t) {
  const [, ...all] = (await steps(page)).filter((step, i, steps) => step > 0 || steps[i - 1] > 0);
  assert.ok(all.length > 1, 'there were steps to look at');
  for (const [i, step] of all.entries()) if (i > 0) assert.ok(step >= all[i - 1] - ON_ITS_WAY && step > 0, `${all[i - 1]} was followed by ${step}`);
  fewTwice(sent, t);
}

function fewTwice(sent, t) {
  t.diagnostic(`${((sent.bytes / SIZE - 1) * 100).toFixed(1)} % of the file was sent twice`);
  assert.ok(sent.bytes >= SIZE && sent.bytes < SIZE + ON_ITS_WAY + 1_000_000, `${sent.bytes} bytes were sent of ${SIZE}`);
}

const usual = { at: '/files', slow: true, forgive: BROKEN };

scene('a page that goes offline under an upload goes on by itself when it is back', { ...usual, context: { bypassCSP: true } }, async ({ page, context, line, t }) => {
  const file = await film();
  const sent = count(context);
  await page.reload();
  await until('the page to be live', () => page.evaluate(() => longshore.connected));
  await begin(page, line, file);
  await context.setOffline(true);
  line.cut();
  await state(page, file.name, 'reconnecting');
  assert.match(await banner(page).innerText(), /Connection lost/);
  const before = await loaded(page);
  assert.ok(before > 0, 'what has arrived stays on the page');
  await look(page, 'files-reconnecting');
  await context.setOffline(false);
  line.speed = Infinity;
  await intact(page, file);
  await neverBack(page, sent, t);
});

scene('a server that is killed and started again has the upload go on by itself', { ...usual, timeout: 150_000 }, async ({ page, context, line, server, t }) => {
  const file = await film();
  const sent = count(context);
  await page.reload();
  await until('the page to be live', () => page.evaluate(() => longshore.connected));
  await begin(page, line, file, 8_000_000);
  await server.kill('SIGKILL');
  await state(page, file.name, 'reconnecting');
  await server.again();
  line.speed = Infinity;
  await intact(page, file);
  await neverBack(page, sent, t);
});

scene('after a reload the page asks for the file, and the same file goes on', { ...usual, context: { bypassCSP: true } }, async ({ page, context, line, t }) => {
  const file = await film();
  const sent = count(context);
  await page.reload();
  await until('the page to be live', () => page.evaluate(() => longshore.connected));
  await begin(page, line, file);
  const before = await loaded(page);
  await page.reload();
  const one = await state(page, file.name, 'interrupted');
  // A row that was just made has no text for Chromium before its first frame (`content-visibility`).
  await until('it to say so', async () => /Interrupted[^]*choose the same file to continue/.test((await one.innerText()).replaceAll('\u00a0', ' ')));
  await look(page, 'files-interrupted-reload');
  await watch(page);
  line.speed = Infinity;
  await choose(page, file.path);
  await intact(page, file);
  assert.equal(await rows(page).count(), 1);
  assert.ok((await steps(page)).every((step) => step >= before - ON_ITS_WAY && step > 0));
  fewTwice(sent, t);
});

scene('a tab that was closed is continued in a new one', usual, async ({ page, context, line, t }) => {
  const file = await film();
  const sent = count(context);
  await page.reload();
  await until('the page to be live', () => page.evaluate(() => longshore.connected));
  await begin(page, line, file);
  await page.close();
  const next = await context.newPage();
  await open(next, '/files');
  await state(next, file.name, 'interrupted');
  await watch(next);
  line.speed = Infinity;
  await choose(next, file.path);
  await intact(next, file);
  assert.equal(await rows(next).count(), 1);
  assert.ok((await steps(next)).every((step) => step > 0), 'it never began anew');
  fewTwice(sent, t);
});

scene('another file of the same name, size and time is never put behind the first one’s bytes', usual, async ({ page, line }) => {
  const [file, other] = [await film('a'), await film('b')];
  assert.notEqual(file.hash, other.hash);
  await begin(page, line, file);
  await page.reload();
  await state(page, file.name, 'interrupted');
  line.speed = Infinity;
  await choose(page, other.path);
  await until('the other to be stored', async () => (await page.locator('.upload-progress-item[data-state=stored]').count()) === 1);
  await stored(page, other.name).waitFor();
  assert.equal(await digest(page, await stored(page, other.name).locator('a').first().getAttribute('href')), other.hash);
  assert.equal(await page.locator('.upload-progress-item[data-state=interrupted]').count(), 1, 'the first one still waits');
  await choose(page, file.path);
  await until('both to be stored', async () => (await page.locator('.upload-progress-item[data-state=stored]').count()) === 2);
  const links = () => stored(page, file.name).locator('a').evaluateAll((all) => [...new Set(all.map(({ href }) => href))]);
  await until('both to be listed', async () => (await links()).length === 2);
  const hashes = await Promise.all((await links()).map((link) => digest(page, link)));
  assert.deepEqual(hashes.sort(), [file.hash, other.hash].sort());
});

scene('what a person does not want to continue is given up', usual, async ({ page, context, line }) => {
  const file = await film();
  await begin(page, line, file);
  await page.close();
  const next = await context.newPage();
  await open(next, '/files');
  await state(next, file.name, 'interrupted');
  await verb(next, file.name, 'remove').click();
  await until('an empty list', async () => (await rows(next).count()) === 0);
  await until('nothing to be remembered', () => next.evaluate(() => new Promise((resolve) => {
    const request = indexedDB.open('longshore');
    request.onsuccess = () => (request.result.transaction('unfinished').objectStore('unfinished').count().onsuccess = ({ target }) => resolve(target.result === 0));
  })));
});

scene('a second window takes nothing by being opened, takes an upload over with its file, and gives it back', { ...usual, context: { bypassCSP: true } }, async ({ page, context, line }) => {
  const file = await film();
  await begin(page, line, file);
  const second = await context.newPage();
  await open(second, '/files');
  await second.waitForLoadState('networkidle');
  assert.equal(await rows(second).count(), 0, 'what another window sends is not offered');
  assert.equal(await row(page, file.name).getAttribute('data-state'), 'uploading');
  await choose(second, file.path);
  const one = await state(page, file.name, 'interrupted');
  assert.match(await one.innerText(), /another window/);
  await look(page, 'files-superseded');
  await state(second, file.name, 'uploading');
  await verb(page, file.name, 'continue').click();
  await state(second, file.name, 'interrupted');
  line.speed = Infinity;
  await intact(page, file);
  assert.equal((await page.evaluate(() => longshore.totals())).done, 1);
});
