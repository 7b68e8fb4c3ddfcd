/** What a page stresses and what it keeps quiet about, by the state that it is in. */
import assert from 'node:assert/strict';
import { choose, row, rows, state, submit, verb, zone } from './acts.mjs';
import { bytes, pdf, png } from './files.mjs';
import { stage, until } from './support.mjs';

const { scene } = stage();

const filled = (locator) => locator.evaluate((it) => getComputedStyle(it).backgroundColor !== 'rgba(0, 0, 0, 0)');

for (const [at, file] of [
  ['/avatar', png('face.png')],
  ['/documents', pdf('letter.pdf')],
]) {
  scene(`${at}: the button that sends is quiet until a file is ready, and again when it is stored`, { at }, async ({ page }) => {
    const button = submit(page);
    assert.equal(await filled(button), false, 'nothing is chosen');
    await choose(page, file);
    await state(page, file.name, 'queued');
    assert.equal(await filled(button), true, 'a file is ready');
    await verb(page, file.name, 'remove').click();
    await row(page, file.name).waitFor({ state: 'detached' });
    assert.equal(await filled(button), false, 'it was taken away');
    await choose(page, file);
    await state(page, file.name, 'queued');
    await button.click();
    await state(page, file.name, 'stored');
    await page.mouse.move(0, 0);
    await until('the button to be quiet', async () => !(await filled(button)));
  });

  scene(`${at}: without JavaScript the button that sends is never quiet`, { at, context: { javaScriptEnabled: false } }, async ({ page }) => {
    assert.equal(await filled(submit(page)), true);
  });
}

scene('/photos: a full zone does not invite to drop more', { at: '/photos', slow: true }, async ({ page, line }) => {
  const invitation = zone(page).locator('.for-mouse');
  assert.equal(await invitation.isVisible(), true);
  const height = (await zone(page).boundingBox()).height;
  line.speed = 1;
  await choose(page, ...Array.from({ length: 10 }, (_, i) => png(`Photo ${i}.png`)));
  await until('the zone to be full', async () => (await zone(page).getAttribute('data-zone')) === 'full');
  assert.equal(await invitation.isVisible(), false);
  assert.equal((await zone(page).boundingBox()).height, height, 'and nothing below it has moved');
});

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

scene('/files: on a phone the news of a lost connection lies over no heading and no link', { at: '/files', slow: true, forgive: /WebSocket|ERR_/, context: phone }, async ({ page, line }) => {
  line.speed = 100_000;
  await choose(page, bytes('Recording.bin', 3_000_000));
  await until('a row', async () => (await rows(page).count()) === 1);
  line.speed = 0;
  line.cut();
  const banner = page.locator('[data-upload-connection]');
  await banner.waitFor({ state: 'visible' });
  await page.evaluate(() => scrollTo(0, 0));
  const bottom = (await banner.boundingBox()).y + (await banner.boundingBox()).height;
  for (const one of await page.locator('h1, h2, .lead, .nav a:not(.brand), .upload-progress-item').all()) {
    // The words of a link stand in the middle of its target.
    const { y, height } = await one.boundingBox();
    assert.ok(y + height / 2 > bottom + 8, `${await one.innerText()} is seen`);
  }
});
