/** The same pages without JavaScript: a plain form, and after the post a page that says what became of each file. */
import assert from 'node:assert/strict';
import { field, region, stored, submit } from './acts.mjs';
import { wrongs } from './axe.mjs';
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
    assert.equal(await page.locator('.notice-summary').innerText(), `${good.length} stored, ${refused.length} not accepted`);
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

for (const at of ['/', '/avatar', '/photos', '/documents', '/files']) {
  scene(`${at} without JavaScript is accessible, empty and after a post, narrow and wide`, { at, context: { ...plain.context, bypassCSP: true } }, async ({ page }) => {
    const accessible = async (when) => {
      for (const width of [390, 1440]) {
        await page.setViewportSize({ width, height: 900 });
        for (const colorScheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme });
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${when}, ${width} px: nothing sticks out at the side`);
          assert.deepEqual(await wrongs(page), [], `${when}, ${width} px, ${colorScheme}`);
        }
      }
    };
    await accessible('empty');
    if (at === '/') return;
    const long = 'Sunset over the harbour, seen from the old lighthouse at the end of the pier';
    const { good } = PAGES.find((page) => page.at === at) ?? { good: [png('face.png')] };
    const files = at === '/avatar' ? good : [...good, { ...good[0], name: `${long}.${good[0].name.split('.').at(-1)}` }, program('photo.jpg', 'image/jpeg')];
    await send(page, ...files);
    await accessible('after a post');
    if (at === '/avatar') return;
    await stored(page, good[0].name).locator('summary').click();
    await accessible('with a question');
  });
}

scene('a long name in the stored list keeps its ending in sight on a phone', { at: '/documents', context: { ...plain.context, viewport: { width: 390, height: 844 } } }, async ({ page }) => {
  const name = 'Minutes of the meeting of the harbour board, third of November, second reading.pdf';
  await send(page, pdf(name));
  const link = stored(page, name).locator('.row-name');
  assert.equal((await link.textContent()).trim(), name);
  const [stem, whole, ending] = await link.evaluate((it) => {
    const range = document.createRange();
    range.selectNode(it.lastChild);
    return [it.querySelector('.stem'), it, range].map((one) => one.getBoundingClientRect()).map(({ left, right }) => ({ left, right }));
  });
  assert.ok(await link.locator('.stem').evaluate((it) => it.scrollWidth > it.clientWidth), 'the name is too long for its line');
  assert.ok(ending.right <= whole.right + 1 && ending.left >= stem.right - 1 && ending.right > ending.left, 'its ending is seen');
});
