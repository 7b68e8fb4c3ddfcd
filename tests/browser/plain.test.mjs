/** The same pages without JavaScript: a plain form, and after the post a page that says what became of each file. */
import assert from 'node:assert/strict';
import { field, region, stored, submit } from './acts.mjs';
import { bytes, pdf, png, program, sha256, text } from './files.mjs';
import { stage } from './support.mjs';

const { scene } = stage();
const plain = { context: { javaScriptEnabled: false } };

const notice = (page, state) => page.locator(`.notice li[data-state=${state}]`);

async function send(page, ...files) {
  await field(page).setInputFiles(files);
  await Promise.all([page.waitForNavigation(), submit(page).click()]);
}

async function whole(page, { name, buffer }) {
  const url = await stored(page, name).locator('a').first().getAttribute('href');
  const answer = await page.request.get(url);
  assert.equal(answer.status(), 200);
  assert.equal(sha256(await answer.body()), sha256(buffer));
}

const PAGES = [
  { at: '/photos', good: [png('one.png'), png('two.png', { from: [90, 20, 60] })], bad: program('photo.jpg', 'image/jpeg'), wrong: text('notes.txt') },
  { at: '/documents', good: [pdf('one.pdf'), text('two.txt')], bad: program('report.pdf', 'application/pdf'), wrong: png('picture.png') },
  { at: '/files', good: [bytes('one.bin'), text('rock & roll.txt')], bad: program('photo.jpg', 'image/jpeg'), wrong: null },
];

for (const { at, good, bad, wrong } of PAGES) {
  scene(`${at} without JavaScript: the form stores what is good and says of each other file why not`, { at, ...plain }, async ({ page }) => {
    const refused = [bad, wrong].filter(Boolean);
    await send(page, ...good, ...refused);
    assert.equal(new URL(page.url()).pathname, at, 'it comes back to the page');
    assert.equal(await notice(page, 'stored').count(), good.length);
    for (const file of good) {
      assert.ok((await notice(page, 'stored').allInnerTexts()).some((said) => said.includes(file.name) && /Stored/.test(said)), file.name);
      await whole(page, file);
    }
    const said = await notice(page, 'refused').allInnerTexts();
    assert.equal(said.length, refused.length);
    if (bad) assert.ok(said.some((one) => one.includes(bad.name) && /Windows program/.test(one)), `${said}`);
    if (wrong) assert.ok(said.some((one) => one.includes(wrong.name) && /Only/.test(one)), `${said}`);
    await page.goto(at);
    assert.equal(await page.locator('.notice').count(), 0, 'it is said once');
    assert.equal(await region(page).locator('[data-key]').count(), good.length);
  });

  scene(`${at} without JavaScript: deleting asks in place and deletes`, { at, ...plain }, async ({ page }) => {
    await send(page, ...good);
    const item = stored(page, good[0].name);
    await item.locator('summary').click();
    await item.locator('.question').waitFor({ state: 'visible' });
    await item.locator('summary').click();
    await item.locator('.question').waitFor({ state: 'hidden' });
    await item.locator('summary').click();
    await Promise.all([page.waitForNavigation(), item.locator('.question button').click()]);
    assert.equal(new URL(page.url()).pathname, at);
    assert.equal(await stored(page, good[0].name).count(), 0);
    assert.equal(await stored(page, good[1].name).count(), 1);
  });
}

scene('/avatar without JavaScript: the picture is saved, and the next one takes its place', { at: '/avatar', ...plain }, async ({ page }) => {
  const urls = [];
  for (const file of [png('before.png'), png('after.png', { from: [200, 40, 40] })]) {
    await send(page, file);
    const image = stored(page, file.name).locator('img');
    urls.push(await image.getAttribute('src'));
    assert.equal(sha256(await (await page.request.get(urls.at(-1))).body()), sha256(file.buffer));
  }
  assert.equal(await region(page).locator('[data-key]').count(), 1);
  assert.equal((await page.request.get(urls[0])).status(), 404);
});

scene('/avatar without JavaScript: a file that is no picture is refused, and the old picture stays', { at: '/avatar', ...plain }, async ({ page }) => {
  await send(page, png('me.png'));
  await send(page, program('photo.jpg', 'image/jpeg'));
  assert.match(await notice(page, 'refused').innerText(), /photo\.jpg[\s\S]*Windows program/);
  assert.equal(await stored(page, 'me.png').count(), 1);
});

scene('/avatar without JavaScript: Save without a choice says what is missing', { at: '/avatar', ...plain }, async ({ page }) => {
  await send(page);
  assert.equal(new URL(page.url()).pathname, '/avatar');
  assert.match(await page.locator('.notice').innerText(), /[Cc]hoose|No file|nothing/);
});

scene('/files without JavaScript: a file field that was left empty says what is missing', { at: '/files', ...plain }, async ({ page }) => {
  await send(page);
  assert.match(await page.locator('.notice').innerText(), /[Cc]hoose|No file|nothing/);
});
