/** What other upload systems tell and ask of a page, and no other file proves here: rows of `docs/parity.md`. */
import assert from 'node:assert/strict';
import { choose, drag, exactly, row, rows, state, stored, submit } from './acts.mjs';
import { bytes, pdf, png, program, sha256, text } from './files.mjs';
import { stage, until } from './support.mjs';

const { scene } = stage();

/** Notes what the page tells about its uploads from now on. */
const listen = (page) =>
  page.evaluate(() => {
    window.heard = [];
    for (const type of ['progress', 'error', 'total']) addEventListener(`longshore:upload:${type}`, ({ detail }) => window.heard.push({ type, ...detail, file: undefined }));
  });
const heard = (page, type) => page.evaluate((type) => window.heard.filter((one) => one.type === type), type);

/** Data frames that the page sends over its next connection. */
function frames(page) {
  const sent = [];
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => typeof payload !== 'string' && sent.push(payload.length)));
  return sent;
}

scene('dropped and pasted files wait in a slot that is sent with its form', { at: '/documents' }, async ({ page }) => {
  const sent = frames(page);
  await page.reload();
  await page.evaluate(() => longshore.ready);
  await drag(page, 'drop', pdf('dropped.pdf'));
  await drag(page, 'paste', pdf('pasted.pdf'));
  for (const name of ['dropped.pdf', 'pasted.pdf']) await state(page, name, 'queued');
  await until('both to be registered', () => page.evaluate(() => longshore.entries('documents').every(({ id }) => id)));
  // Whatever the page had sent by itself would lie before this answer.
  await page.evaluate(() => longshore.send('no such event').catch(() => {}));
  assert.deepEqual(sent, [], 'no byte of them has left the page');
  await submit(page).click();
  for (const name of ['dropped.pdf', 'pasted.pdf']) await stored(page, name).waitFor();
  assert.ok(sent.length >= 2);
});

scene('the fields of a form are the payload of its event', { at: '/documents' }, async ({ page }) => {
  const said = [];
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => typeof payload === 'string' && said.push(JSON.parse(payload))));
  await page.reload();
  await page.evaluate(() => document.querySelector('form.upload').insertAdjacentHTML('beforeend', '<input name="title" value="Spring &amp; summer">'));
  await choose(page, pdf('live.pdf'));
  await state(page, 'live.pdf', 'queued');
  await submit(page).click();
  await stored(page, 'live.pdf').waitFor();
  const { name, payload } = said.find(({ type }) => type === 'event');
  assert.deepEqual([name, payload.title], ['save', 'Spring & summer']);
});

scene('the whole page knows that files are being dragged over it, and when they are gone again', { at: '/files' }, async ({ page }) => {
  const over = (type, kind = 'Files') =>
    page.evaluate(
      ([type, kind]) => {
        const transfer = new DataTransfer();
        if (kind === 'Files') transfer.items.add(new File(['x'], 'a.txt'));
        else transfer.setData(kind, 'some words');
        document.querySelector('h1').dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true, relatedTarget: null }));
        return document.documentElement.classList.contains('upload-dragging');
      },
      [type, kind],
    );
  assert.equal(await over('dragover'), true, 'far from the zone');
  assert.equal(await page.locator('.upload-dragover').count(), 0, 'the zone itself is not hovered over');
  assert.equal(await over('dragleave'), false, 'out of the window');
  assert.equal(await over('dragover', 'text/plain'), false, 'words are no files');
  assert.equal(await over('dragover'), true);
  assert.equal(await over('drop'), false);
  await state(page, 'a.txt', 'stored');
});

scene('an application draws its own bars: bytes, fraction, speed, all files together, and the end', { at: '/files', slow: true }, async ({ page, line }) => {
  line.speed = 2_000_000;
  await listen(page);
  await choose(page, bytes('a.bin', 2_000_000), bytes('b.bin', 1_500_000));
  await until('a speed', () => page.evaluate(() => longshore.totals('files').rate > 0 && longshore.entries('files').some(({ rate }) => rate > 0)));
  for (const name of ['a.bin', 'b.bin']) await state(page, name, 'stored');
  const progress = await heard(page, 'progress');
  const [{ ref }] = await page.evaluate(() => longshore.entries('files').map(({ ref }) => ({ ref })));
  const own = progress.filter((one) => one.ref === ref);
  for (const { loaded, total, progress } of own) {
    assert.equal(total, 2_000_000);
    assert.ok(loaded >= 0 && loaded <= total);
    // The fraction is one division away, and the percents never run ahead of it.
    assert.ok(Math.abs(progress / 100 - loaded / total) < 0.02, `${progress}% of ${loaded}/${total}`);
  }
  const steps = own.map(({ progress }) => progress);
  assert.deepEqual(steps, steps.toSorted((a, b) => a - b), 'it never goes back');
  assert.ok(steps.some((one) => one % 10 !== 0), `not only at tens: ${steps}`);
  const totals = await heard(page, 'total');
  assert.ok(totals.some(({ progress, rate, remaining }) => progress > 0 && progress < 100 && rate > 0 && remaining > 0));
  const { files, done, loaded, total, progress: percent } = totals.at(-1);
  assert.deepEqual({ files, done, loaded, total, percent }, { files: 2, done: 2, loaded: 3_500_000, total: 3_500_000, percent: 100 });
});

scene('each way in which an upload can end is told by its status', { at: '/files', slow: true }, async ({ page, line }) => {
  await listen(page);
  line.speed = 200_000;
  await choose(page, bytes('long.bin', 3_000_000));
  await state(page, 'long.bin', 'uploading');
  const ref = await row(page, 'long.bin').getAttribute('data-upload-ref');
  await page.evaluate((ref) => longshore.cancel(ref), ref);
  await state(page, 'long.bin', 'cancelled');
  line.speed = Infinity;
  await choose(page, text('good.txt'), program('photo.jpg', 'image/jpeg'));
  await state(page, 'good.txt', 'stored');
  await state(page, 'photo.jpg', 'refused');
  const last = {};
  for (const { ref, status, uploadName } of await heard(page, 'progress')) {
    assert.equal(uploadName, 'files');
    last[ref] = [...(last[ref] ?? []), status];
  }
  const ends = await page.evaluate(() => Object.fromEntries(longshore.entries().map(({ name, ref }) => [name, ref])));
  assert.equal(last[ends['long.bin']].at(-1), 'cancelled');
  assert.ok(last[ends['long.bin']].includes('uploading'));
  assert.equal(last[ends['good.txt']].at(-1), 'complete');
  assert.equal(last[ends['photo.jpg']].at(-1), 'error');
  const [{ error, ref: refused }] = await heard(page, 'error');
  assert.deepEqual([refused, error.code], [ends['photo.jpg'], 'content_mismatch']);
});

scene('a page renames, delays or leaves out what was chosen', { at: '/files' }, async ({ page }) => {
  await page.evaluate(() => {
    addEventListener('longshore:upload:selected', (event) => {
      event.preventDefault();
      const { uploadName, files } = event.detail;
      const wanted = files.map(({ file }) => file).filter(({ name }) => !name.endsWith('.tmp'));
      window.later = () => longshore.add(uploadName, wanted.map((file) => new File([file], `2026 ${file.name}`, { type: file.type })));
    });
  });
  const report = text('report.txt', 'All is well.\n');
  await choose(page, report, text('draft.tmp'));
  assert.equal(await rows(page).count(), 0, 'nothing goes before the page says so');
  await page.evaluate(() => window.later());
  await state(page, '2026 report.txt', 'stored');
  assert.equal(await rows(page).count(), 1);
  const { sha256: digest, name } = await page.evaluate(async () => (await (await fetch('/api/files')).json()).files[0]);
  assert.deepEqual([name, digest], ['2026 report.txt', sha256(report.buffer)]);
});

scene('previews, rows and errors have the classes that a style sheet holds on to', { at: '/photos', slow: true }, async ({ page, line }) => {
  await page.evaluate(() => {
    const extra = '<div data-upload-preview="photos" id="previews"></div><div data-upload-errors="photos" id="errors"></div>';
    document.querySelector('main').insertAdjacentHTML('beforeend', extra);
    longshore.start();
  });
  line.speed = 100_000;
  const lake = png('lake.png', { width: 500, height: 400, noise: 1 });
  await choose(page, lake, text('notes.txt'));
  const preview = page.locator('#previews .upload-preview-item', { hasText: 'lake.png' });
  await preview.waitFor();
  assert.equal(await preview.locator('.upload-preview-name').innerText(), 'lake.png');
  assert.match(await preview.locator('.upload-preview-size').innerText(), /kB$/);
  await until('its picture', () => preview.locator('img.upload-preview-image').evaluate((it) => it.naturalWidth === 500));
  const one = row(page, 'lake.png');
  assert.match(await one.getAttribute('data-upload-ref'), /^\S+$/);
  assert.equal(await one.locator('.upload-progress-name').textContent(), 'lake.png');
  assert.equal(await one.locator('.upload-progress-track > .upload-progress-bar[role=progressbar]').count(), 1);
  await until('percents', async () => /^\d+%$/.test(await one.locator('.upload-progress-text').innerText()));
  const reason = page.locator('#errors .upload-error');
  await reason.waitFor();
  assert.match(await reason.innerText(), /^notes\.txt: Only /);
  assert.match(await reason.getAttribute('data-upload-ref'), /^\S+$/);
  line.speed = Infinity;
  await state(page, 'lake.png', 'stored');
  assert.match(await row(page, 'lake.png').getAttribute('class'), /\bdone\b/);
  await preview.waitFor({ state: 'detached' });
  await page.locator('.upload-progress-name', { hasText: exactly('notes.txt') }).waitFor();
});
