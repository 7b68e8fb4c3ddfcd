import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Events } from '../../static/longshore/events.js';
import { Uploads } from '../../static/longshore/uploads.js';
import { FakeFile, KIB, page, welcome } from './fakes.mjs';

/** The public object over an uploader whose server is the test. */
function api(rules, more) {
  const scene = page(rules, more);
  const events = new Events(scene.link);
  const uploads = new Uploads({ uploader: scene.uploader, socket: scene.link, events });
  return { ...scene, events, uploads };
}

const file = (name, size = 10) => new FakeFile(name, size);
const statuses = (uploads, slot) => uploads.entries(slot).map(({ status }) => status);

test('add takes files, or files with their paths, and says what became of each', () => {
  const { uploads, link } = api({ max_file_size: 100 });
  const added = uploads.add('files', [file('a.txt'), { file: file('b.txt'), path: 'd/b.txt' }, file('c.txt', 101)]);
  assert.deepEqual(added.map(({ name, path, status }) => [name, path, status]), [['a.txt', undefined, 'queued'], ['b.txt', 'd/b.txt', 'queued'], ['c.txt', undefined, 'refused']]);
  assert.equal(added[2].error.code, 'too_large');
  assert.deepEqual(link.of('register')[0].entries.map(({ relative_path }) => relative_path), [undefined, 'd/b.txt']);
});

test('what is added before the connection is there waits in its slot', () => {
  const { uploads, uploader } = api({}, {});
  uploads.add('later', [file('a.txt')]);
  assert.deepEqual(statuses(uploads, 'later'), ['queued']);
  uploader.receive(welcome({}, { slots: { later: { auto_upload: true, max_file_size: 1 } } }));
  assert.deepEqual(statuses(uploads, 'later'), ['refused']);
});

test('a snapshot is a copy that tells all and does not change', async () => {
  const { uploads, uploader, accept, settle } = api();
  const [before] = uploads.add('files', [file('film.mov', 4000 * KIB)]);
  accept();
  await settle();
  uploader.receive({ type: 'ack', stream: 101, offset: 1000 * KIB });
  const { file: given, rate, ...now } = uploads.entry(before.ref);
  assert.equal(given.name, 'film.mov');
  assert.deepEqual(now, { ref: before.ref, id: `id-${before.ref}`, slot: 'files', name: 'film.mov', size: 4000 * KIB, path: undefined, loaded: 1000 * KIB, progress: 25, status: 'uploading', error: null, url: null });
  assert.equal(before.loaded, 0);
  assert.equal(uploads.entry('nobody'), undefined);
});

test('pause and resume work on one file and on all, and what has arrived is kept', async () => {
  const { uploads, uploader, accept, settle } = api();
  const [a] = uploads.add('files', [file('a', 4000 * KIB), file('b', 4000 * KIB)]);
  accept();
  await settle();
  uploader.receive({ type: 'ack', stream: 101, offset: 1000 * KIB });
  uploads.pause(a.ref);
  assert.deepEqual(statuses(uploads), ['paused', 'uploading']);
  uploads.pause();
  assert.deepEqual(statuses(uploads), ['paused', 'paused']);
  uploads.resume(a.ref);
  assert.deepEqual(statuses(uploads), ['uploading', 'paused']);
  assert.equal(uploads.entry(a.ref).loaded, 1000 * KIB);
  uploads.resume();
  assert.deepEqual(statuses(uploads), ['uploading', 'uploading']);
});

test('cancel stops one, retry sends it again under another name, remove takes it away', () => {
  const { uploads, link, accept } = api();
  const [a, b] = uploads.add('files', [file('a'), file('b')]);
  accept();
  uploads.cancel(a.ref);
  assert.deepEqual(statuses(uploads), ['cancelled', 'uploading']);
  uploads.retry(a.ref);
  assert.equal(uploads.entry(a.ref), undefined);
  assert.deepEqual(uploads.entries().map(({ name }) => name), ['b', 'a']);
  uploads.remove(undefined);
  assert.equal(uploads.entries().length, 2, 'a reference that is missing by mistake means nobody');
  uploads.remove(b.ref);
  assert.deepEqual(uploads.entries().map(({ name }) => name), ['a']);
  assert.deepEqual(link.of('cancel').map(({ ref }) => ref), [a.ref, b.ref]);
});

test('cancelAll stops what is on its way, in one slot or in all', () => {
  const { uploads, uploader, accept } = api();
  uploader.receive(welcome({}, { slots: { files: {}, photos: {}, letters: { auto_upload: false } } }));
  for (const slot of ['files', 'photos', 'letters']) uploads.add(slot, [file(slot)]);
  accept();
  uploads.cancelAll('photos');
  assert.deepEqual(statuses(uploads), ['uploading', 'cancelled', 'queued']);
  uploads.cancelAll();
  assert.deepEqual(statuses(uploads), ['cancelled', 'cancelled', 'queued']);
});

test('clear takes off what has ended and what was not let go, and nothing that moves', () => {
  const { uploads, uploader, link, accept } = api();
  uploader.receive(welcome({}, { slots: { files: {}, letters: { auto_upload: false } } }));
  const [a] = uploads.add('files', [file('a'), file('b')]);
  uploads.add('letters', [file('c')]);
  accept();
  uploads.cancel(a.ref);
  uploads.clear('letters');
  assert.deepEqual(uploads.entries().map(({ name }) => name), ['a', 'b']);
  assert.equal(link.of('cancel').length, 2, 'the server forgets what was chosen too');
  uploads.clear();
  assert.deepEqual(uploads.entries().map(({ name }) => name), ['b']);
});

test('submit lets a manual slot go and is kept when everything has arrived; send saves it', async () => {
  const { uploads, uploader, events, link, accept, settle } = api({ auto_upload: false });
  const [a] = uploads.add('files', [file('a')]);
  accept();
  const sent = uploads.submit('files');
  await settle();
  uploader.receive({ type: 'progress', ref: a.ref, status: 'complete' });
  await sent;
  assert.deepEqual(statuses(uploads), ['uploaded']);
  const saved = uploads.send('save', { title: 'Mine' }, ['files']);
  const { seq, ...message } = link.of('event')[0];
  assert.deepEqual(message, { type: 'event', name: 'save', payload: { title: 'Mine' } });
  events.reply({ type: 'reply', seq, ok: true });
  await saved;
  assert.deepEqual(statuses(uploads), ['stored']);
});

test('a file that is taken away does not keep submit waiting', async () => {
  const { uploads, accept, settle } = api({ auto_upload: false });
  const [a] = uploads.add('files', [file('a', 4000 * KIB)]);
  accept();
  const sent = uploads.submit('files');
  await settle();
  uploads.remove(a.ref);
  await sent;
});

test('send is refused with the code and the sentence of the server, and without a connection at once', async () => {
  const { uploads, events, link } = api();
  const asked = uploads.send('delete', { id: '1' });
  events.reply({ type: 'reply', seq: link.of('event')[0].seq, ok: false, error: { code: 'forbidden', message: 'Not yours.' } });
  await assert.rejects(asked, { code: 'forbidden', message: 'Not yours.' });
  link.ready = false;
  await assert.rejects(uploads.send('delete'), { code: 'offline' });
});

test('an event that was asked when the line broke is refused', async () => {
  const { uploads, events } = api();
  const asked = uploads.send('delete', { id: '1' });
  events.down();
  await assert.rejects(asked, { code: 'offline' });
});

test('totals count what is good, in bytes and in files', async () => {
  const { uploads, uploader, accept, settle } = api({ max_file_size: 5000 * KIB });
  const [a] = uploads.add('files', [file('a', 1000), file('b', 3000 * KIB), file('c', 6000 * KIB)]);
  accept();
  await settle();
  uploader.receive({ type: 'progress', ref: a.ref, status: 'complete', url: '/a' });
  assert.deepEqual(uploads.totals('files'), { files: 2, done: 1, loaded: 1000, total: 3000 * KIB + 1000, progress: 0, rate: 0, remaining: null });
  assert.deepEqual(uploads.totals('others'), { files: 0, done: 0, loaded: 0, total: 0, progress: 100, rate: 0, remaining: null });
});

test('the rules of each slot are there as the server has said them', () => {
  const { uploads } = api({ accepts: 'letters', rules: 'Letters, up to 3 files' });
  assert.equal(uploads.slots.files.rules, 'Letters, up to 3 files');
  assert.equal(uploads.connected, true);
});

test('what the server gives up because it was cancelled is cancelled, not failed', () => {
  const { uploads, uploader, accept } = api();
  const [a] = uploads.add('files', [file('a')]);
  accept();
  uploader.receive({ type: 'progress', ref: a.ref, status: 'error', error: { code: 'cancelled', message: 'This upload was cancelled.' } });
  assert.deepEqual(statuses(uploads), ['cancelled']);
  assert.equal(uploads.entry(a.ref).error, null);
});
