/**
 * Makes the pictures of the README, `docs/images/files-{light,dark}.png`. It is run by hand:
 * `cd tests && LONGSHORE_BIN=… node browser/picture.mjs`
 */
import { mkdir, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { choose, dropHuge, row, rows, state, stored, verb } from './acts.mjs';
import { png, wav, zip } from './files.mjs';
import { ARGS, CHROMIUM, Line, Server, open, until } from './support.mjs';

const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));

const server = await Server.start();
const line = await Line.to(server);
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
try {
  const context = await browser.newContext({ baseURL: line.url, viewport: { width: 1000, height: 1150 }, deviceScaleFactor: 1.2, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await open(page, '/files');
  const before = [zip('site-backup-2026-11.zip', 6_310_000), png('Harbour at dusk.png', { width: 1100, height: 800, raw: true })];
  for (const file of before) {
    await choose(page, file);
    await stored(page, file.name).waitFor();
  }
  await page.locator('[data-upload-summary] button', { hasText: 'Clear' }).click();
  await until('an empty list', async () => (await rows(page).count()) === 0);
  await choose(page, png('Lighthouse.png', { width: 1200, height: 900, raw: true, from: [60, 60, 130], to: [250, 170, 120] }));
  await state(page, 'Lighthouse.png', 'stored');
  await dropHuge(page, 'disk-image.iso', '', 12_400_000_000);
  await state(page, 'disk-image.iso', 'refused');
  line.speed = 4_000_000;
  await choose(page, wav('Interview, second part.wav', 28_300_000), wav('Interview, third part.wav', 17_200_000));
  await until('half of it', async () => (await rows(page).count()) === 4 && Number(await row(page, 'Interview, second part.wav').getByRole('progressbar').getAttribute('aria-valuenow')) > 40, 60_000);
  await verb(page, 'Interview, third part.wav', 'pause').click();
  await state(page, 'Interview, third part.wav', 'paused');
  await page.mouse.move(5, 5);
  await page.evaluate(() => document.activeElement.blur());
  // Nothing moves any more, while the page still believes that it does.
  line.speed = 1;
  await mkdir(IMAGES, { recursive: true });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const path = `${IMAGES}files-${colorScheme}.png`;
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    await page.screenshot({ path, animations: 'disabled' });
    console.log(`${path}: ${Math.round((await stat(path)).size / 1000)} kB`);
  }
} finally {
  await browser.close();
  await line.close();
  await server.stop();
}
