/** What all four pages have in common, on each of them: choose, drop, paste, look, refuse, cancel, store, load, delete. */
import assert from 'node:assert/strict';
import { all, choose, digest, drag, drop, dropHuge, field, region, row, rows, state, stored, submit, verb, zone } from './acts.mjs';
import { bytes, pdf, png, program, sha256, text } from './files.mjs';
import { open, stage, until } from './support.mjs';

const set = stage();

const PAGES = [
  {
    at: '/avatar', manual: true, single: true, picture: true, limit: 5e6, type: 'image/png',
    good: () => png('face.png'), second: () => png('other face.png', { from: [120, 30, 60] }), large: (name = 'large.png') => png(name, { width: 1200, height: 1000, noise: 1 }),
    wrong: text('notes.txt'), only: /Only .*WebP.* can be uploaded here/, liar: program('photo.jpg', 'image/jpeg'),
  },
  {
    at: '/photos', picture: true, limit: 10e6, type: 'image/png',
    part: (name) => png(name, { width: 1000, height: 700, noise: 1 }),
    good: () => png('lake.png'), second: () => png('hill & dale.png', { from: [120, 30, 60] }), large: (name = 'large.png') => png(name, { width: 1700, height: 1500, noise: 1 }),
    wrong: text('notes.txt'), only: /Only .*GIF.* can be uploaded here/, liar: program('photo.jpg', 'image/jpeg'),
  },
  {
    at: '/documents', manual: true, limit: 25e6, type: 'application/pdf',
    part: (name) => pdf(name, 2_000_000),
    good: () => pdf('letter.pdf'), second: () => pdf('zweiter Brief – Entwurf.pdf', 40_000), large: (name = 'large.pdf') => pdf(name, 8_000_000),
    wrong: png('picture.png'), only: /Only PDF.* can be uploaded here/, liar: program('report.pdf', 'application/pdf'),
  },
  {
    at: '/files', limit: 10e9, type: '',
    part: (name) => bytes(name, 2_000_000),
    good: () => bytes('data.bin'), second: () => text('rock & roll 100 %.txt', 'Hello.\n'), large: (name = 'large.bin') => bytes(name, 8_000_000),
    liar: program('photo.jpg', 'image/jpeg'),
  },
];

for (const kind of PAGES) {
  const { at, manual, single, picture } = kind;
  const save = (page) => manual && submit(page).click();

  /** Stored is what the region shows, and it gives back the very bytes. */
  async function proven(page, { name, buffer }) {
    const shown = stored(page, name);
    await shown.waitFor();
    // Not `innerText`: of a row that is out of sight the browser renders nothing.
    assert.match(await shown.textContent(), /\d (bytes|kB|MB)/, 'the size is shown');
    const link = single ? shown.locator('img') : shown.locator('a').first();
    const url = await link.getAttribute(single ? 'src' : 'href');
    assert.match(url, /^\/_upload\/[^/]+\//);
    assert.equal(await digest(page, url), sha256(buffer), `${name} comes back as it was`);
    return url;
  }

  set.scene(`${at}: a chosen file arrives, is listed without a reload, comes back byte for byte, and is still there after a reload`, { at }, async ({ page }) => {
    const file = kind.good();
    await page.evaluate(() => (window.sameDocument = true));
    await choose(page, file);
    await row(page, file.name).waitFor();
    if (manual) await state(page, file.name, 'queued');
    await save(page);
    await proven(page, file);
    await state(page, file.name, 'stored');
    assert.equal(await page.evaluate(() => window.sameDocument), true, 'the page was not loaded again');
    if (!single) assert.match(await row(page, file.name).locator('.upload-progress-name').getAttribute('href'), /^\/_upload\//, 'the row links to the file too');
    if (picture) {
      const image = region(page).locator('img').first();
      await until('the stored picture to be painted', () => image.evaluate((it) => it.complete && it.naturalWidth > 0));
    }
    await open(page, at);
    await proven(page, file);
  });

  set.scene(`${at}: dropped files arrive, and the zone lights up while they hover`, { at }, async ({ page }) => {
    const files = single ? [kind.good()] : [kind.good(), kind.second()];
    await drag(page, 'dragover', ...files);
    assert.match(await zone(page).getAttribute('class'), /upload-dragover/, 'the zone lights up');
    await drag(page, 'drop', ...files);
    for (const { name } of files) await row(page, name).waitFor();
    assert.doesNotMatch(await zone(page).getAttribute('class'), /upload-dragover/, 'and is itself again');
    await save(page);
    for (const file of files) await proven(page, file);
  });

  set.scene(`${at}: a pasted file arrives`, { at }, async ({ page }) => {
    await drag(page, 'paste', kind.good());
    await row(page, kind.good().name).waitFor();
    await save(page);
    await stored(page, kind.good().name).waitFor();
  });

  if (picture) {
    set.scene(`${at}: a chosen picture is shown before anything is sent`, { at, slow: true }, async ({ page, line }) => {
      line.speed = 0;
      const asked = [];
      page.on('request', (request) => !/^blob:|\/icon\.svg$|\/static\//.test(request.url()) && asked.push(request.url()));
      await choose(page, kind.good());
      const images = page.locator('.upload-preview-image');
      await images.first().waitFor({ state: 'visible' });
      for (const image of await images.all()) {
        assert.match(await image.getAttribute('src'), /^blob:/);
        await until('the preview to be painted', () => image.evaluate((it) => it.complete && it.naturalWidth > 0));
      }
      assert.deepEqual(asked, [], 'nothing was asked of the server');
    });
  } else {
    set.scene(`${at}: a file that is no picture shows its kind instead of a preview`, { at }, async ({ page }) => {
      await choose(page, pdf('paper.pdf'));
      await row(page, 'paper.pdf').waitFor();
      assert.match(await row(page, 'paper.pdf').locator('.thumb').innerText(), /pdf/i);
    });
  }

  if (kind.wrong) {
    set.scene(`${at}: a file of another type is refused with its name and the reason, and nothing of it is sent`, { at }, async ({ page }) => {
      const sent = [];
      page.on('request', (request) => !/^blob:|\/icon\.svg$|\/static\//.test(request.url()) && sent.push(request.url()));
      await choose(page, kind.wrong);
      const one = await state(page, kind.wrong.name, 'refused');
      assert.match(await one.textContent(), kind.only);
      assert.deepEqual(sent, []);
      await verb(page, kind.wrong.name, 'remove').click();
      await one.waitFor({ state: 'detached' });
    });
  }

  set.scene(`${at}: a file over the limit is refused before it is sent, and the sentence says both sizes`, { at }, async ({ page }) => {
    const name = `huge${at === '/documents' ? '.pdf' : '.png'}`;
    await dropHuge(page, name, kind.type, kind.limit + 2_400_000_000);
    const one = await state(page, name, 'refused');
    assert.match(await one.textContent(), /[\d.]+ GB is over the limit of (5 MB|10 MB|25 MB|10 GB)/);
  });

  set.scene(`${at}: a renamed program is refused by its bytes, and its row stays and says so`, { at }, async ({ page }) => {
    const good = kind.good();
    await choose(page, kind.liar);
    await row(page, kind.liar.name).waitFor();
    await save(page);
    const one = await state(page, kind.liar.name, 'refused');
    const said = await one.textContent();
    assert.ok(said.includes(kind.liar.name), said);
    assert.match(said.replaceAll('\u00a0', ' '), /Windows program, not a/);
    assert.equal(await stored(page, kind.liar.name).count(), 0);
    // The others are not hurt by it.
    await choose(page, good);
    await save(page);
    await stored(page, good.name).waitFor();
  });

  set.scene(`${at}: the bar of a file on its way has a name and a value that grows to 100`, { at, slow: true }, async ({ page, line }) => {
    const file = kind.large();
    line.speed = 1_500_000;
    await choose(page, file);
    await row(page, file.name).waitFor();
    await save(page);
    const bar = page.getByRole('progressbar', { name: file.name, exact: true });
    const value = async () => Number(await bar.getAttribute('aria-valuenow'));
    await until('the bar to be under way', async () => (await value()) > 0 && (await value()) < 100);
    assert.equal(await bar.getAttribute('aria-valuemin'), '0');
    assert.equal(await bar.getAttribute('aria-valuemax'), '100');
    const first = await value();
    assert.match((await row(page, file.name).textContent()).replaceAll('\u00a0', ' '), /Uploading[\s\S]*\d+%[\s\S]*\d+(\.\d)? of \d+(\.\d)? MB/);
    await until('the bar to grow', async () => (await value()) > first);
    line.speed = Infinity;
    await state(page, file.name, 'stored');
    await proven(page, file);
  });

  set.scene(`${at}: one upload is cancelled, can be tried again, and then arrives`, { at, slow: true }, async ({ page, line }) => {
    const file = kind.large();
    line.speed = 400_000;
    await choose(page, file);
    await row(page, file.name).waitFor();
    await save(page);
    await state(page, file.name, 'uploading');
    await verb(page, file.name, 'cancel').click();
    await state(page, file.name, 'cancelled');
    line.speed = Infinity;
    await verb(page, file.name, 'retry').click();
    if (manual) {
      // Nobody has saved what was cancelled: it waits for its button again, or it is saved; it isn't left between the two.
      const word = row(page, file.name).locator('.file-state');
      await until('the file to stand still', async () => /Ready|Uploaded|Stored/.test(await word.innerText()));
      assert.match(await word.innerText(), /Ready|Stored/);
      await save(page);
    }
    await state(page, file.name, 'stored');
    await proven(page, file);
  });

  if (!single) {
    set.scene(`${at}: Cancel all stops every upload, and Clear list takes the rows away`, { at, slow: true }, async ({ page, line }) => {
      line.speed = 300_000;
      // Larger than what may be on its way, so that none is whole before the wish to cancel arrives.
      const files = ['one', 'two', 'three', 'four', 'five'].map((name) => kind.large(`${name}${at === '/photos' ? '.png' : at === '/documents' ? '.pdf' : '.bin'}`));
      await choose(page, ...files);
      await until('five rows', async () => (await rows(page).count()) === 5);
      await save(page);
      await until('one upload to run', async () => (await page.locator('[data-state=uploading]').count()) > 0);
      await all(page, 'Cancel all').click();
      await until('all rows to be cancelled', async () => (await page.locator('.upload-progress-item[data-state=cancelled]').count()) === 5);
      line.speed = Infinity;
      await all(page, /Clear/).click();
      await until('the list to be empty', async () => (await rows(page).count()) === 0);
      assert.equal(await region(page).locator('[data-key]').count(), 0, 'nothing of them was stored');
    });

    set.scene(`${at}: deleting asks in place; Keep keeps the file, Delete deletes it`, { at }, async ({ page }) => {
      const [file, other] = [kind.good(), kind.second()];
      await choose(page, file, other);
      await row(page, other.name).waitFor();
      await save(page);
      const url = await proven(page, file);
      await stored(page, other.name).waitFor();
      const item = stored(page, file.name);
      const question = item.locator('.question');
      const ask = item.locator('details > summary');
      await ask.click();
      await question.waitFor({ state: 'visible' });
      assert.match(await question.innerText(), new RegExp(`Delete ${file.name.replaceAll('.', '\\.')}\\?`));
      assert.match(await ask.innerText(), /Keep/);
      await ask.click();
      await question.waitFor({ state: 'hidden' });
      await ask.click();
      await page.keyboard.press('Escape');
      await question.waitFor({ state: 'hidden' });
      await ask.click();
      await question.locator('button').click();
      await item.waitFor({ state: 'detached' });
      assert.equal(await stored(page, other.name).count(), 1, 'the other one stays');
      assert.equal(await page.evaluate(() => document.activeElement !== document.body), true, 'the focus is somewhere');
      const answer = await page.request.get(url);
      assert.ok([404, 410].includes(answer.status()), `its address answers ${answer.status()}`);
    });
  }

  set.scene(`${at}: Tab reaches the zone in reading order, and Enter and Space open the picker`, { at }, async ({ page }) => {
    // The browser is told to hand pickers over by the first listener, and that takes a moment; nothing else may open one meanwhile.
    const pickers = [];
    page.on('filechooser', (picker) => pickers.push(picker));
    const seen = [];
    for (let i = 0; i < 12; i += 1) {
      await page.keyboard.press('Tab');
      seen.push(await page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.name || document.activeElement.tagName));
      if (await field(page).evaluate((it) => it === document.activeElement)) break;
    }
    assert.equal(await field(page).evaluate((it) => it === document.activeElement), true, `the field was not reached: ${seen}`);
    assert.notEqual(await zone(page).evaluate((it) => getComputedStyle(it).outlineStyle), 'none', 'the focus is seen');
    for (const key of ['Enter', 'Space']) {
      const opened = pickers.length;
      await page.keyboard.press(key);
      await until(`${key} to open the picker`, () => pickers.length > opened);
      assert.equal(pickers.at(-1).isMultiple(), !single);
    }
  });

  set.scene(`${at}: Delete removes the row that has the focus, and the focus is not lost`, { at }, async ({ page }) => {
    const [first, second] = [kind.good(), kind.second()];
    await choose(page, first);
    if (!single) await choose(page, second);
    const last = single ? first : second;
    await row(page, last.name).waitFor();
    const [one, other] = single ? [first] : [first, second];
    if (!manual) for (const { name } of [first, second]) await state(page, name, 'stored');
    await row(page, one.name).locator('button:visible').last().focus();
    await page.keyboard.press('Delete');
    await row(page, one.name).waitFor({ state: 'detached' });
    if (other) {
      assert.equal(await row(page, other.name).evaluate((it) => it.contains(document.activeElement)), true, 'the neighbour has the focus');
      await page.keyboard.press('Delete');
      await row(page, other.name).waitFor({ state: 'detached' });
    }
    assert.equal(await field(page).evaluate((it) => it === document.activeElement), true, 'the field has the focus when no row is left');
    if (!manual) assert.equal(await stored(page, first.name).count(), 1, 'what is stored stays');
  });
}

set.scene('/avatar: a new picture takes the place of the old one, and the old one is gone', { at: '/avatar' }, async ({ page }) => {
  const urls = [];
  for (const file of [png('before.png'), png('after.png', { from: [200, 40, 40] })]) {
    await choose(page, file);
    await row(page, file.name).waitFor();
    await submit(page).click();
    await stored(page, file.name).waitFor();
    urls.push(await region(page).locator('img').getAttribute('src'));
  }
  assert.equal(await region(page).locator('[data-key]').count(), 1);
  assert.notEqual(urls[0], urls[1]);
  await until('the old one to be gone', async () => [404, 410].includes((await page.request.get(urls[0])).status()));
});

set.scene('/avatar: another choice before saving replaces the first one, and a refused one does not', { at: '/avatar' }, async ({ page }) => {
  await choose(page, png('first.png'));
  await row(page, 'first.png').waitFor();
  await choose(page, text('no.txt'));
  await state(page, 'no.txt', 'refused');
  assert.equal(await row(page, 'first.png').count(), 1);
  await choose(page, png('second.png'));
  await row(page, 'second.png').waitFor();
  await row(page, 'first.png').waitFor({ state: 'detached' });
});

set.scene('/avatar: Save without a choice says what is missing', { at: '/avatar' }, async ({ page }) => {
  await submit(page).click();
  const said = page.getByRole('alert');
  await said.waitFor();
  assert.match(await said.innerText(), /Choose/);
});

set.scene('/photos: more pictures than places: the others say so and get a place when they are tried again', { at: '/photos', slow: true }, async ({ page, line }) => {
  line.speed = 20_000;
  const files = Array.from({ length: 12 }, (_, i) => png(`p${i}.png`, { width: 200, height: 160, noise: 1 }));
  await choose(page, ...files);
  await until('twelve rows', async () => (await rows(page).count()) === 12);
  await state(page, 'p11.png', 'refused');
  assert.equal(await page.locator('.upload-progress-item[data-state=refused]').count(), 2);
  assert.match(await row(page, 'p11.png').innerText(), /10 (files|photos|pictures)/);
  assert.equal(await zone(page).getAttribute('data-zone'), 'full');
  line.speed = Infinity;
  for (const { name } of files.slice(0, 10)) await state(page, name, 'stored');
  await verb(page, 'p11.png', 'retry').click();
  await stored(page, 'p11.png').waitFor();
});

set.scene('/documents: Upload all sends what is good, and what is refused keeps its row and reason', { at: '/documents' }, async ({ page }) => {
  await choose(page, pdf('one.pdf'), text('two.txt'), program('three.pdf', 'application/pdf'), png('four.png'));
  await until('four rows', async () => (await rows(page).count()) === 4);
  await state(page, 'four.png', 'refused');
  await submit(page).click();
  await state(page, 'one.pdf', 'stored');
  await state(page, 'two.txt', 'stored');
  await state(page, 'three.pdf', 'refused');
  assert.equal(await region(page).locator('[data-key]').count(), 2);
});

set.scene('/files: a name full of markup is text wherever it is shown', { at: '/files' }, async ({ page }) => {
  const name = '<img src=x onerror=alert(1)>.txt';
  page.on('dialog', (dialog) => dialog.dismiss().then(() => assert.fail('the name was run')));
  await choose(page, text(name));
  await state(page, name, 'stored');
  await stored(page, 'onerror').waitFor();
  assert.equal(await page.locator('img[src="x"]').count(), 0);
});
