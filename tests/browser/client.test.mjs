/** The client as a library: its API, its attributes, and `<longshore-upload>`, on pages that the test writes itself. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { drag, exactly, row, rows, state, stored } from './acts.mjs';
import { bytes, pdf, png, text } from './files.mjs';
import { open, stage, until } from './support.mjs';

const set = stage();

let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-client-'));
  await mkdir(join(folder, 'trip/day 2'), { recursive: true });
  await writeFile(join(folder, 'trip/plan.txt'), 'Go.\n');
  await writeFile(join(folder, 'trip/day 2/plan.txt'), 'Come back.\n');
});
after(() => rm(folder, { recursive: true, force: true }));

/** The first page, which has no uploads of its own, with this body in place of its own. */
function scene(name, body, play, options = {}) {
  set.scene(name, { at: null, ...options }, async (stage) => {
    const { page } = stage;
    await page.addInitScript(() => {
      window.heard = [];
      for (const type of ['upload:selected', 'upload:progress', 'upload:error', 'upload:rejected', 'upload:total', 'connection']) {
        addEventListener(`longshore:${type}`, ({ detail }) => window.heard.push({ type, ...detail }));
      }
    });
    await open(page, '/');
    assert.equal(await page.evaluate(() => longshore.connected), false, 'a page without uploads is left alone');
    await page.evaluate((body) => {
      for (const place of document.querySelectorAll('[data-upload-voice]')) place.remove();
      document.querySelector('main').innerHTML = body;
      longshore.start();
    }, body);
    if (!body.includes('no-live')) await page.evaluate(() => longshore.ready);
    await play({ ...stage, field: page.locator('input[type=file]').first() });
  });
}

const live = (path, body) => `<div data-longshore-live="/${path}/ws">${body}</div>`;
const zone = (attributes = '', slot = 'files') => `<div class="zone" data-upload-drop="${slot}" ${attributes}><label class="zone-main"><span data-upload-hint>Choose</span><input type="file" data-upload="${slot}"></label></div><ul class="rows" data-upload-progress="${slot}"></ul>`;
const entries = (page, slot) => page.evaluate((slot) => longshore.entries(slot).map(({ file, ...entry }) => ({ ...entry, file: file?.name })), slot);
const statuses = async (page) => (await entries(page)).map(({ status }) => status);
const heard = (page, type) => page.evaluate((type) => window.heard.filter((one) => one.type === type), type);
const pickers = (page) => {
  const opened = [];
  page.on('filechooser', (picker) => opened.push(picker));
  return opened;
};

const FILL = `<longshore-upload slot="files" src="/files/ws"></longshore-upload>`;

scene('one line of HTML is a whole zone: rules, rows, summary, and a file that arrives', FILL, async ({ page, field }) => {
  assert.match(await page.locator('.zone-rules').innerText(), /up to 1,000 files, 10 GB each|10 GB/);
  assert.equal(await page.locator('[data-upload-hint]').innerText(), 'Choose files');
  assert.equal(await field.evaluate((it) => document.getElementById(it.getAttribute('aria-describedby')).className), 'zone-rules');
  assert.equal(await page.locator('button[type=submit]').count(), 0, 'an automatic slot needs no button');
  await field.setInputFiles([text('a.txt'), text('b.txt')]);
  for (const name of ['a.txt', 'b.txt']) await state(page, name, 'stored');
  assert.match(await page.locator('[data-upload-summary]').innerText(), /2 stored/);
  assert.equal(await page.locator('.upload-progress-item.done').count(), 2);
  await until('the voice to say it', async () => /b\.txt stored/.test(await page.locator('[data-upload-voice]').textContent()));
});

set.scene('the element says what it is for before anything is painted', { at: '/' }, async ({ page }) => {
  const hint = await page.evaluate(() => {
    const main = document.querySelector('main');
    const furnished = new Promise((resolve) => {
      // It is asked as soon as the element has been furnished, before a frame.
      new MutationObserver(() => {
        const hint = main.querySelector('[data-upload-hint]');
        if (hint) resolve(hint.textContent);
      }).observe(main, { childList: true, subtree: true });
    });
    main.innerHTML = '<longshore-upload slot="documents" src="/documents/ws" label="Letters"></longshore-upload>';
    longshore.start();
    return furnished;
  });
  assert.equal(hint, 'Letters');
});

scene('a manual slot in the element has a button, which sends and saves', '<longshore-upload slot="documents" src="/documents/ws" label="Letters" save-label="Send them"></longshore-upload>', async ({ page, field }) => {
  const button = page.getByRole('button', { name: 'Send them' });
  await button.waitFor();
  assert.equal(await page.locator('[data-upload-hint]').innerText(), 'Letters');
  await field.setInputFiles(pdf('a.pdf'));
  // Its row moves the button, and a click that has begun before would end beside it.
  await state(page, 'a.pdf', 'queued');
  await button.click();
  await state(page, 'a.pdf', 'stored');
});

scene('an element for one picture asks for one file, and shows buttons for a camera and a folder on demand', '<longshore-upload slot="avatar" src="/avatar/ws" camera folder></longshore-upload>', async ({ page, field }) => {
  await until('the rules', async () => (await page.locator('[data-upload-hint]').innerText()) === 'Choose a file');
  assert.equal(await field.evaluate((it) => it.multiple), false);
  const camera = page.getByText('Take a photo').locator('input');
  assert.equal(await camera.getAttribute('capture'), 'environment');
  assert.equal(await camera.getAttribute('accept'), 'image/*', 'the rules of the slot leave it alone');
  assert.equal(await page.getByText('Choose a folder').locator('input').evaluate((it) => it.webkitdirectory), true);
});

scene('what stands in the element is for browsers without a script, and comes back where no live page is', '<longshore-upload slot="files" src="/no-live/ws"><a href="/files">Upload here</a></longshore-upload>', async ({ page }) => {
  await page.locator('.zone').waitFor();
  await page.getByRole('link', { name: 'Upload here' }).waitFor();
  assert.equal(await page.locator('.zone').count(), 0);
}, { forgive: /WebSocket/ });

scene('the element is closed and opened again while the page runs, and its options go to its zone', FILL, async ({ page, field }) => {
  await page.evaluate(() => Object.assign(document.querySelector('longshore-upload'), { disabled: true }));
  assert.equal(await page.locator('longshore-upload').getAttribute('disabled'), '');
  await until('the field to be closed', () => field.isDisabled());
  assert.equal(await page.locator('.zone').getAttribute('data-zone'), 'disabled');
  await drag(page, 'drop', text('a.txt'));
  await drag(page, 'paste', text('b.txt'));
  await page.evaluate(() => document.querySelector('longshore-upload').removeAttribute('disabled'));
  await until('the field to be open', () => field.isEnabled());
  await drag(page, 'drop', text('c.txt'));
  await state(page, 'c.txt', 'stored');
  assert.equal(await rows(page).count(), 1);
  await page.evaluate(() => document.querySelector('longshore-upload').setAttribute('no-drag', ''));
  await drag(page, 'drop', text('d.txt'));
  await drag(page, 'paste', text('e.txt'));
  await state(page, 'e.txt', 'stored');
  assert.equal(await rows(page).count(), 2);
});

scene('an element that a script adds later is a zone too', live('files', ''), async ({ page }) => {
  await page.evaluate(() => document.querySelector('main').append(Object.assign(document.createElement('longshore-upload'), { slot: 'files' })));
  await page.locator('input[type=file]').setInputFiles(text('late.txt'));
  await state(page, 'late.txt', 'stored');
});

scene('a zone that wants no clicks opens no picker for the mouse, and one for the keyboard', live('files', zone('data-upload-no-click')), async ({ page, field }) => {
  const opened = pickers(page);
  await page.locator('.zone-main').click();
  await field.focus();
  await page.keyboard.press('Enter');
  await until('the picker', () => opened.length > 0);
  assert.equal(opened.length, 1);
});

scene('a zone that wants no keys opens no picker for them, and one for the mouse', live('files', zone('data-upload-no-keyboard')), async ({ page, field }) => {
  const opened = pickers(page);
  await field.focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Space');
  await page.locator('.zone-main').click();
  await until('the picker', () => opened.length > 0);
  assert.equal(opened.length, 1);
});

scene('a zone that wants no drops takes none, and one that wants no paste takes none', live('files', zone('data-upload-no-drag') + zone('data-upload-no-paste', 'other')), async ({ page }) => {
  await drag(page, 'drop', text('dropped.txt'));
  assert.deepEqual(await entries(page), []);
  await drag(page, 'paste', text('pasted.txt'));
  await state(page, 'pasted.txt', 'stored');
  await page.evaluate(() => document.querySelector('[data-upload-drop]').setAttribute('data-upload-no-paste', ''));
  await drag(page, 'paste', text('again.txt'));
  assert.deepEqual((await entries(page)).map(({ name }) => name), ['pasted.txt']);
});

scene('a zone that is disabled takes nothing in any way', live('files', zone('disabled')), async ({ page, field }) => {
  assert.equal(await field.isDisabled(), true);
  await drag(page, 'drop', text('a.txt'));
  await drag(page, 'paste', text('b.txt'));
  assert.deepEqual(await entries(page), []);
  assert.equal(await page.locator('[data-upload-hint]').innerText(), 'Uploads are closed');
});

scene('a chosen folder comes with its paths', live('files', '<input type="file" data-upload="files" webkitdirectory>'), async ({ page, field }) => {
  await field.setInputFiles(join(folder, 'trip'));
  await until('two stored files', async () => (await statuses(page)).filter((one) => one === 'stored').length === 2);
  assert.deepEqual((await entries(page)).map(({ path }) => path).sort(), ['trip/day 2/plan.txt', 'trip/plan.txt']);
});

scene('no more files go side by side than the zone wishes', live('files', zone('data-upload-parallel="1"')), async ({ page, field, line }) => {
  // As long as more is left of a file than 4 MiB, it hasn't given its place to the next one, whatever the server's window is.
  line.speed = 6_000_000;
  await page.evaluate(() => {
    window.most = 0;
    addEventListener('longshore:upload:total', () => {
      const sending = longshore.entries('files').filter(({ status, loaded, size }) => status === 'uploading' && size - loaded > 4 * 1024 * 1024);
      window.most = Math.max(window.most, sending.length);
    });
  });
  await field.setInputFiles([bytes('a.bin', 6_000_000), bytes('b.bin', 6_000_000), bytes('c.bin', 6_000_000)]);
  await until('all to be stored', async () => (await statuses(page)).every((one) => one === 'stored') && (await statuses(page)).length === 3);
  assert.equal(await page.evaluate(() => window.most), 1);
}, { slow: true });

scene('the API adds, holds, frees, stops, tries again and clears, and the rows follow', live('files', zone()), async ({ page, line }) => {
  line.speed = 400_000;
  const [ref, other] = await page.evaluate(() => {
    const files = ['a.bin', 'b.bin'].map((name) => new File([new Uint8Array(3_000_000)], name));
    return window.longshore.add('files', files).map(({ ref }) => ref);
  });
  await state(page, 'a.bin', 'uploading');
  await page.evaluate((ref) => longshore.pause(ref), ref);
  await state(page, 'a.bin', 'paused');
  const loaded = (await entries(page))[0].loaded;
  await page.evaluate(() => longshore.resume());
  await state(page, 'a.bin', 'uploading');
  assert.ok((await entries(page))[0].loaded >= loaded);
  await page.evaluate((other) => longshore.cancel(other), other);
  await state(page, 'b.bin', 'cancelled');
  await page.evaluate(() => longshore.cancelAll('files'));
  await state(page, 'a.bin', 'cancelled');
  line.speed = Infinity;
  await page.evaluate((ref) => longshore.retry(ref), ref);
  await state(page, 'a.bin', 'stored');
  await page.evaluate(() => longshore.clear());
  await until('an empty list', async () => (await rows(page).count()) === 0);
  assert.deepEqual(await page.evaluate(() => longshore.totals()), { files: 0, done: 0, loaded: 0, total: 0, progress: 100, rate: 0, remaining: null });
}, { slow: true });

scene('a script submits a manual slot and sends the event', live('documents', '<ul data-upload-selected="documents"></ul>' + zone('', 'documents')), async ({ page }) => {
  await page.evaluate(() => longshore.add('documents', [new File(['Good day.\n'], 'letter.txt', { type: 'text/plain' })]));
  await page.locator('[data-upload-selected] li', { hasText: exactly('letter.txt') }).waitFor();
  await page.evaluate(async () => {
    const { uploads } = await import(document.querySelector('script[type=module]').src);
    if (uploads !== window.longshore) throw new Error('two objects');
    await uploads.submit('documents');
    await uploads.send('save', {}, ['documents']);
  });
  await state(page, 'letter.txt', 'stored');
  assert.equal(await page.locator('[data-upload-selected] li').count(), 0);
  const refused = await page.evaluate(() => longshore.send('no such event').catch(({ code, message }) => ({ code, message })));
  assert.equal(typeof refused.code, 'string');
  assert.ok(refused.message.length > 0);
});

scene('the application hears of everything, and may keep files away or bring others', live('files', zone() + '<div data-upload-errors="files"></div>'), async ({ page, field }) => {
  await page.evaluate(() => addEventListener('longshore:upload:selected', (event) => {
    event.preventDefault();
    const { uploadName, files } = event.detail;
    longshore.add(uploadName, files.filter(({ file }) => !file.name.startsWith('.')));
  }));
  await field.setInputFiles([text('.hidden'), text('good.txt')]);
  await state(page, 'good.txt', 'stored');
  assert.deepEqual((await entries(page)).map(({ name }) => name), ['good.txt']);
  await page.evaluate(() => longshore.add('files', [new File([''], ' ')]));
  await until('the reason', async () => (await page.locator('[data-upload-errors] p').count()) === 1);
  assert.equal((await heard(page, 'upload:selected')).length, 1);
  assert.equal((await heard(page, 'upload:error'))[0].error.code, 'empty_name');
  assert.equal((await heard(page, 'upload:rejected'))[0].uploadName, 'files');
  const { uploadName, files, done } = (await heard(page, 'upload:total')).at(-1);
  assert.deepEqual({ uploadName, files, done }, { uploadName: 'files', files: 1, done: 1 });
  assert.deepEqual((await heard(page, 'connection')).map(({ state }) => state), ['connected']);
  assert.equal((await heard(page, 'upload:progress')).findLast(({ status }) => status === 'complete').progress, 100);
});

scene('what the server writes for an entry follows it: picture, bar, figures and buttons', live('photos', zone('', 'photos') + '<div id="row"></div>'), async ({ page, line }) => {
  line.speed = 300_000;
  const { name, mimeType, buffer } = png('lake.png', { width: 900, height: 700, noise: 1 });
  const [ref] = await page.evaluate(({ name, mimeType, body }) => {
    const file = new File([Uint8Array.from(atob(body), (c) => c.charCodeAt(0))], name, { type: mimeType });
    const [{ ref }] = longshore.add('photos', [file]);
    document.querySelector('#row').innerHTML = `<img data-upload-image="${ref}" alt=""><progress data-upload-value="${ref}"></progress>
      <div data-upload-entry="${ref}"><div class="upload-progress-bar"></div><span class="upload-progress-text"></span></div>
      <button data-upload-pause="${ref}">Hold</button><button data-upload-cancel="${ref}">Stop</button><button data-upload-clear="photos">Clear</button>`;
    longshore.start();
    return [ref];
  }, { name, mimeType, body: buffer.toString('base64') });
  await until('its picture', () => page.locator(`[data-upload-image="${ref}"]`).evaluate((it) => it.naturalWidth === 900));
  await until('its bar', () => page.locator('progress').evaluate((it) => it.value > 0));
  await until('its figures', async () => /^[1-9]\d?%$/.test(await page.locator('#row .upload-progress-text').innerText()));
  await page.getByRole('button', { name: 'Hold', exact: true }).click();
  await state(page, 'lake.png', 'paused');
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await state(page, 'lake.png', 'cancelled');
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await until('an empty list', async () => (await rows(page).count()) === 0);
}, { slow: true });

scene('a stalled upload does not show its last speed for long', live('files', zone()), async ({ page, field, line }) => {
  line.speed = 2_000_000;
  await field.setInputFiles(bytes('film.bin', 12_000_000));
  const one = row(page, 'film.bin');
  await until('a speed', async () => /\/s/.test(await one.innerText()));
  line.speed = 0;
  await until('no speed any more', async () => !/\/s/.test(await one.innerText()), 20_000);
  assert.equal((await entries(page))[0].status, 'uploading');
}, { slow: true });

scene('a page lets go of its uploads and takes them up again', live('files', zone()), async ({ page, field }) => {
  await page.evaluate(() => longshore.stop());
  assert.equal(await page.evaluate(() => longshore.connected), false);
  await page.evaluate(() => longshore.add('files', [new File(['x'], 'waiting.txt')]));
  await page.evaluate(() => longshore.start());
  await state(page, 'waiting.txt', 'stored');
  await field.setInputFiles(text('next.txt'));
  await state(page, 'next.txt', 'stored');
  assert.equal(await rows(page).count(), 2);
});

scene('a thousand files come to the list a bounded number in each frame', live('files', zone()), async ({ page }) => {
  await page.evaluate(() => {
    window.built = [];
    let last = 0;
    const look = () => {
      const { childElementCount } = document.querySelector('[data-upload-progress]');
      window.built.push(childElementCount - last);
      last = childElementCount;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    longshore.pause();
    longshore.add('files', Array.from({ length: 1000 }, (_, i) => new File([`${i}`], `file ${i}.txt`)));
    longshore.pause();
  });
  await until('a thousand rows', async () => (await rows(page).count()) === 1000);
  const built = await page.evaluate(() => window.built);
  assert.ok(Math.max(...built) <= 50, `at most two turns of twenty-five between two looks, not ${Math.max(...built)}`);
  await page.evaluate(() => longshore.cancelAll());
});

set.scene('a click is not lost while what it needs is on its way, and where that can not be had the page says so', { at: '/files', forgive: /forms\.js|ERR_FAILED/ }, async ({ page }) => {
  await page.locator('.zone-main input').setInputFiles(text('old.txt'));
  await stored(page, 'old.txt').waitFor();
  await page.route('**/forms.js', (route) => route.abort());
  await stored(page, 'old.txt').locator('summary').click();
  await stored(page, 'old.txt').getByRole('button', { name: /^Delete/ }).click();
  const banner = page.locator('[data-upload-connection]');
  await banner.waitFor({ state: 'visible' });
  assert.match(await banner.innerText(), /no connection right now/);
  await page.unroute('**/forms.js');
  await page.route('**/forms.js', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    await route.continue();
  });
  await stored(page, 'old.txt').getByRole('button', { name: /^Delete/ }).click();
  await until('it to be deleted', async () => (await stored(page, 'old.txt').count()) === 0);
});

set.scene('a page fetches one module, and others only when they are needed', { at: null }, async ({ page }) => {
  const fetched = [];
  page.on('request', (request) => /\/longshore\//.test(request.url()) && fetched.push(request.url().split('/').at(-1)));
  await open(page, '/files');
  await page.locator('.zone-main input').setInputFiles(text('small.txt'));
  await state(page, 'small.txt', 'stored');
  assert.deepEqual(fetched, ['index.js']);
});
