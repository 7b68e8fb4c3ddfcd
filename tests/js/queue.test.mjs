import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeFile, FakeLink, page, welcome } from './fakes.mjs';
import { Uploader } from '../../static/longshore/uploader.js';

const states = (entries) => entries().map(({ state }) => state);
const complete = (uploader, { ref }, url) => uploader.receive({ type: 'progress', ref, status: 'complete', url });

test('files over the count are refused where they stand, and the others go', () => {
  const { add, entries, link } = page({ max_entries: 2 });
  add(new FakeFile('a', 1), new FakeFile('b', 1), new FakeFile('c', 1));
  assert.deepEqual(states(entries), ['queued', 'queued', 'refused']);
  assert.equal(link.of('register')[0].entries.length, 2);
});

test('a refused file gets a place once one is free', () => {
  const { uploader, add, entries } = page({ max_entries: 1, accept: '' });
  add(new FakeFile('a', 1), new FakeFile('b', 1));
  assert.deepEqual(states(entries), ['queued', 'refused']);
  uploader.cancel(entries()[0]);
  uploader.retry(entries()[1]);
  assert.deepEqual(states(entries), ['cancelled', 'queued']);
});

test('in a slot with one place a good choice replaces the old one, and a bad one does not', () => {
  const { link, add, entries } = page({ max_entries: 1, accept: '.png', auto_upload: false });
  add(new FakeFile('old.png', 1));
  add(new FakeFile('bad.pdf', 1));
  assert.deepEqual(entries().map(({ name }) => name), ['old.png', 'bad.pdf']);
  add(new FakeFile('new.png', 1));
  assert.deepEqual(entries().map(({ name }) => name), ['new.png']);
  assert.equal(link.of('cancel').length, 1);
});

test('what is chosen before the rules are known waits, and is judged when they come', () => {
  const link = new FakeLink();
  link.ready = false;
  const uploader = new Uploader(link, () => {}, () => undefined);
  uploader.add('files', [{ file: new FakeFile('a.png', 1) }, { file: new FakeFile('b.pdf', 1) }]);
  assert.equal(link.messages.length, 0);
  link.ready = true;
  uploader.receive(welcome({ accept: '.png' }));
  assert.deepEqual(uploader.of('files').map(({ state }) => state), ['queued', 'refused']);
  assert.deepEqual(link.of('register')[0].entries.map(({ name }) => name), ['a.png']);
});

test('the path inside a folder goes with the file', () => {
  const { uploader, link } = page();
  uploader.add('files', [{ file: new FakeFile('a.txt', 1), path: 'd/a.txt' }]);
  assert.equal(link.of('register')[0].entries[0].relative_path, 'd/a.txt');
});

test('a manual slot registers at once and sends only after submit', async () => {
  const { uploader, link, add, entries, accept, settle } = page({ auto_upload: false });
  add(new FakeFile('a.txt', 10));
  accept();
  await settle();
  assert.equal(link.frames.length, 0);
  let done = false;
  void uploader.submit(['files']).then(() => (done = true));
  await settle();
  assert.equal(link.frames.length, 1);
  assert.equal(done, false);
  complete(uploader, entries()[0]);
  await settle();
  assert.equal(done, true);
  assert.equal(entries()[0].state, 'uploaded');
  uploader.saved(['files']);
  assert.equal(entries()[0].state, 'stored');
});

test('a failed file does not keep the others of its form waiting', async () => {
  const { uploader, add, entries, accept, settle } = page({ auto_upload: false });
  add(new FakeFile('a.txt', 10), new FakeFile('b.txt', 10));
  accept();
  const sent = uploader.submit(['files']);
  await settle();
  uploader.receive({ type: 'progress', ref: entries()[0].ref, status: 'error', error: { code: 'infected', message: 'A virus was found.' } });
  complete(uploader, entries()[1]);
  await sent;
  assert.deepEqual(states(entries), ['refused', 'uploaded']);
});

test('a fault of the server may be tried again under a new reference, a fault of the file may not', () => {
  const { uploader, add, entries, accept } = page();
  add(new FakeFile('a', 1), new FakeFile('b', 1));
  accept();
  const [{ ref: first }, { ref: second }] = entries();
  uploader.receive({ type: 'progress', ref: first, status: 'error', error: { code: 'storage_error', message: 'No.' } });
  uploader.receive({ type: 'progress', ref: second, status: 'error', error: { code: 'content_mismatch', message: 'No.' } });
  assert.deepEqual(states(entries), ['failed', 'refused']);
  uploader.retry(entries()[0]);
  const again = entries().find(({ name }) => name === 'a');
  assert.notEqual(again.ref, first);
  assert.equal(again.state, 'queued');
  assert.equal(again.error, null);
});

test('a refusal at registration is shown with the words of the server', () => {
  const { uploader, add, entries } = page();
  add(new FakeFile('a', 1));
  uploader.receive({ type: 'registered', slot: 'files', entries: [], errors: [{ ref: entries()[0].ref, code: 'invalid_name', message: 'This name can’t be used.' }] });
  assert.equal(entries()[0].state, 'refused');
  assert.equal(entries()[0].error.message, 'This name can’t be used.');
});

test('a late message cannot bring a cancelled file back', () => {
  const { uploader, add, entries, accept } = page();
  add(new FakeFile('a', 1));
  accept();
  uploader.cancel(entries()[0]);
  complete(uploader, entries()[0]);
  assert.equal(entries()[0].state, 'cancelled');
  uploader.receive({ type: 'progress', ref: entries()[0].ref, status: 'verifying' });
  assert.equal(entries()[0].state, 'cancelled');
});

test('a file that was stored before its cancelling arrived is stored, whatever was wished', () => {
  const { uploader, add, entries, accept } = page();
  add(new FakeFile('a', 1));
  accept();
  uploader.cancel(entries()[0]);
  complete(uploader, entries()[0], '/x');
  assert.equal(entries()[0].state, 'stored');
  assert.equal(entries()[0].url, '/x');
});

test('removing a file that is on its way cancels it and takes it off the page', () => {
  const { uploader, link, changes, add, entries, accept } = page();
  add(new FakeFile('a', 1));
  accept();
  uploader.remove(entries()[0]);
  assert.equal(entries().length, 0);
  assert.equal(link.of('cancel').length, 1);
  assert.equal(changes.at(-1)[1], true);
});

test('messages about unknown entries and streams are ignored', () => {
  const { uploader } = page();
  uploader.receive({ type: 'ack', stream: 9, offset: 1 });
  uploader.receive({ type: 'nack', stream: 9, offset: 1, code: 'x' });
  complete(uploader, { ref: 'nobody' }, '/x');
  uploader.receive({ type: 'registered', slot: 'files', entries: [{ ref: 'nobody', id: 'i', stream: 1, offset: 0 }], errors: [{ ref: 'nobody', code: 'x', message: 'x' }] });
});

test('a file that the application has taken is stored, kept by the server or not', () => {
  const { uploader, add, entries, accept } = page();
  add(new FakeFile('a', 1));
  accept();
  uploader.receive({ type: 'progress', ref: entries()[0].ref, status: 'complete' });
  assert.equal(entries()[0].state, 'uploaded');
  uploader.receive({ type: 'progress', ref: entries()[0].ref, status: 'complete', taken: true });
  assert.equal(entries()[0].state, 'stored');
  assert.equal(entries()[0].url, null);
});
