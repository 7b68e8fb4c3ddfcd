/**
 * Every page in every main state, narrow and wide, light and dark: axe-core finds nothing wrong, nothing sticks out at the
 * side, and a picture of it goes to `shots/` for people to look at.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { choose, drag, dropHuge, field, row, rows, state, stored, submit, verb } from './acts.mjs';
import { bytes, pdf, png, program, text, wav, zip } from './files.mjs';
import { open, stage, until } from './support.mjs';

const { scene } = stage();
const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = new URL('./shots/', import.meta.url).pathname;
const WIDTHS = [390, 820, 1440];
const looks = { context: { bypassCSP: true }, timeout: 90_000 };

let folder;
before(async () => {
  await mkdir(SHOTS, { recursive: true });
  folder = await mkdtemp(join(tmpdir(), 'longshore-looks-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function settled(page) {
  await until('the pictures to be painted', () => page.evaluate(() => [...document.images].every((image) => image.loading === 'lazy' || image.complete)));
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/** @param {string} name of the state, which becomes the name of the pictures */
async function look(page, name, { phone = false, axe = true } = {}) {
  if (axe && !(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  for (const width of phone ? [390] : WIDTHS) {
    // A phone keeps the size it has: setting it anew, as a picture of the whole page does too, would make a narrow desk of it.
    if (!phone) await page.setViewportSize({ width, height: width < 500 ? 844 : 900 });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await settled(page);
      const at = `${name}, ${width} px, ${colorScheme}`;
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${at}: nothing sticks out at the side`);
      await page.screenshot({ path: join(SHOTS, `${name}-${phone ? 'phone' : width}-${colorScheme}.png`), fullPage: !phone, animations: 'disabled' });
      if (!axe || width === 820) continue;
      const wrong = await page.evaluate(async () => {
        const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
        return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.target} ${node.any[0]?.message ?? ''} ${node.html.slice(0, 160)}`));
      });
      assert.deepEqual(wrong, [], at);
    }
  }
}

for (const at of ['/', '/avatar', '/photos', '/documents', '/files']) {
  const name = at.slice(1) || 'index';
  scene(`${at} looks right and is accessible while it is empty`, { at, ...looks }, async ({ page }) => {
    await look(page, `${name}-empty`);
  });

  scene(`${at} looks right and is accessible on a phone`, { at, timeout: 90_000, context: { bypassCSP: true, isMobile: true, hasTouch: true, viewport: { width: 390, height: 1300 } } }, async ({ page }) => {
    assert.equal(await page.evaluate(() => matchMedia('(hover: none) and (pointer: coarse)').matches), true);
    await look(page, `${name}-empty`, { phone: true });
    if (at !== '/photos' && at !== '/files') return;
    await choose(page, png('Sunset over the harbour, seen from the old lighthouse.png', { width: 320, height: 240 }), png('lake.png', { from: [90, 20, 60] }));
    await stored(page, 'lake.png').waitFor();
    await dropHuge(page, 'holiday.png', 'image/png', 12_400_000_000);
    await state(page, 'holiday.png', 'refused');
    await look(page, `${name}-rows`, { phone: true });
    assert.equal(await page.evaluate(() => matchMedia('(hover: none) and (pointer: coarse)').matches), true);
  });
}

scene('the page for what is not there looks right and is accessible', { at: null, forgive: /404/, ...looks }, async ({ page }) => {
  const answer = await open(page, '/nothing-here', false);
  assert.equal(answer.status(), 404);
  await look(page, 'error');
});

scene('/files with uploads in many states looks right and is accessible', { at: '/files', slow: true, ...looks }, async ({ page, line }) => {
  const vanishing = join(folder, 'Backup of the old machine.bin');
  await writeFile(vanishing, Buffer.alloc(40_000_000, 'a'));
  await choose(page, png('Sunset over the harbour.png', { width: 320, height: 240 }), text('notes.txt', 'x'.repeat(4200)));
  await stored(page, 'notes.txt').waitFor();
  line.speed = 600_000;
  await choose(page, wav('Interview, second recording, uncut and without any noise reduction.wav', 9_000_000));
  await until('some of it to have arrived', async () => Number(await page.getByRole('progressbar').last().getAttribute('aria-valuenow')) > 12);
  await page.locator('button[data-verb=pause]:visible').click();
  line.speed = 20_000_000;
  await choose(page, vanishing);
  await state(page, 'Backup of the old machine.bin', 'uploading');
  await verb(page, 'Backup of the old machine.bin', 'pause').click();
  await writeFile(vanishing, 'gone');
  await verb(page, 'Backup of the old machine.bin', 'resume').click();
  await state(page, 'Backup of the old machine.bin', 'failed');
  line.speed = 600_000;
  await choose(page, zip('cancelled.zip', 6_000_000));
  await row(page, 'cancelled.zip').waitFor();
  await verb(page, 'cancelled.zip', 'cancel').click();
  await state(page, 'cancelled.zip', 'cancelled');
  await dropHuge(page, 'archive.iso', '', 12_400_000_000);
  await state(page, 'archive.iso', 'refused');
  line.speed = 20_000_000;
  await choose(page, ...['one', 'two', 'three', 'four', 'five'].map((name) => bytes(`part ${name}.bin`, 5_000_000)));
  await state(page, 'part three.bin', 'uploading');
  line.speed = 1;
  await state(page, 'part five.bin', 'queued');
  await look(page, 'files-rows');
});

scene('/photos with a gallery and a question looks right and is accessible', { at: '/photos', ...looks }, async ({ page }) => {
  const names = ['Lake.png', 'The path along the river in early autumn.png', 'dune.png', 'IMG_2041.png', 'roof.png'];
  await choose(page, ...names.map((name, i) => png(name, { width: 360, height: 300 - i * 20, from: [20 + i * 40, 120, 140 - i * 20], to: [240, 190 - i * 20, 120 + i * 20] })));
  for (const name of names) await stored(page, name).waitFor();
  await choose(page, program('photo.jpg', 'image/jpeg'));
  await state(page, 'photo.jpg', 'refused');
  await page.locator('.tile img').last().scrollIntoViewIfNeeded();
  await page.evaluate(() => scrollTo(0, 0));
  await look(page, 'photos-rows');
  await stored(page, 'dune.png').locator('summary').click();
  await look(page, 'photos-question');
});

scene('/photos with all places taken looks right and is accessible', { at: '/photos', slow: true, ...looks }, async ({ page, line }) => {
  line.speed = 1;
  await choose(page, ...Array.from({ length: 11 }, (_, i) => png(`Photo ${i + 1}.png`, { from: [20 * i, 120, 140] })));
  await state(page, 'Photo 11.png', 'refused');
  await look(page, 'photos-full');
});

scene('/documents chosen, refused, stored and about to be deleted looks right and is accessible', { at: '/documents', ...looks }, async ({ page }) => {
  await choose(page, pdf('Lease, signed.pdf', 240_000), text('Minutes 2026-11-03.txt'));
  await row(page, 'Lease, signed.pdf').waitFor();
  await submit(page).click();
  await stored(page, 'Minutes 2026-11-03.txt').waitFor();
  await choose(page, pdf('Offer.pdf', 1_200_000), png('scan.png'), program('Invoice 4711.pdf', 'application/pdf'));
  await state(page, 'scan.png', 'refused');
  await look(page, 'documents-ready');
  await submit(page).click();
  await state(page, 'Invoice 4711.pdf', 'refused');
  await stored(page, 'Offer.pdf').waitFor();
  await stored(page, 'Offer.pdf').locator('summary').click();
  await look(page, 'documents-question');
});

scene('/avatar chosen, saved and refused looks right and is accessible', { at: '/avatar', ...looks }, async ({ page }) => {
  await choose(page, png('Me in the garden.png', { width: 400, height: 400 }));
  await row(page, 'Me in the garden.png').waitFor();
  await look(page, 'avatar-chosen');
  await submit(page).click();
  await stored(page, 'Me in the garden.png').waitFor();
  await state(page, 'Me in the garden.png', 'stored');
  await look(page, 'avatar-saved');
  await choose(page, text('cv.txt'));
  await state(page, 'cv.txt', 'refused');
  await look(page, 'avatar-refused');
});

scene('/files while files hover over it, and while the connection is lost, looks right and is accessible', { at: '/files', slow: true, forgive: /WebSocket|ERR_/, ...looks }, async ({ page, line }) => {
  await drag(page, 'dragover', text('a.txt'));
  await look(page, 'files-hover');
  await page.evaluate(() => dispatchEvent(new DragEvent('dragend')));
  line.speed = 1_000_000;
  await choose(page, wav('Recording.wav', 9_000_000));
  await until('some of it to have arrived', async () => (await rows(page).count()) === 1 && Number(await page.getByRole('progressbar').getAttribute('aria-valuenow')) > 10);
  line.speed = 0;
  line.cut();
  await state(page, 'Recording.wav', 'reconnecting');
  await look(page, 'files-offline');
});

for (const [at, files] of [
  ['/files', [text('notes.txt'), bytes('data.bin')]],
  ['/documents', [pdf('Lease.pdf'), program('Invoice.pdf', 'application/pdf'), png('scan.png')]],
]) {
  scene(`${at} without JavaScript looks right after a post`, { at, timeout: 60_000, context: { javaScriptEnabled: false } }, async ({ page }) => {
    const name = at.slice(1);
    await page.screenshot({ path: join(SHOTS, `${name}-plain-empty.png`), fullPage: true });
    await field(page).setInputFiles(files);
    await Promise.all([page.waitForNavigation(), submit(page).click()]);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: join(SHOTS, `${name}-plain-${width}-${colorScheme}.png`), fullPage: true });
      }
    }
  });
}
