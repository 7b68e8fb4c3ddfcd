import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { FakeFile, KIB, page } from './fakes.mjs';

const MIB = 1024 * KIB;

test('no more bytes are out than the window allows, and each acknowledgement lets more go', async () => {
  const { link, uploader, add, accept, settle } = page();
  add(new FakeFile('film.mov', 3000 * KIB));
  accept();
  await settle();
  assert.equal(link.frames.length, 4);
  uploader.receive({ type: 'ack', stream: 101, offset: 256 * KIB });
  await settle();
  assert.equal(link.frames.length, 5);
  assert.equal(link.frames[4].offset, 1024 * KIB);
});

test('of a large window a slow line gets 4 MiB, and a fast one what a second brings', async () => {
  const clock = mock.method(performance, 'now', () => 0);
  const { link, uploader, add, accept, settle } = page({}, { window: 64 * MIB });
  const ahead = async (now, acked) => {
    clock.mock.mockImplementation(() => now);
    uploader.receive({ type: 'ack', stream: 101, offset: acked });
    for (let turn = 0; turn < 4; turn += 1) await settle();
    const last = link.frames.at(-1);
    return last.offset + last.length - acked;
  };
  add(new FakeFile('film.mov', 200 * MIB));
  accept();
  await settle();
  assert.equal(link.frames.length, 16);
  assert.equal(await ahead(1000, MIB), 4 * MIB);
  assert.equal(await ahead(2000, 2 * MIB), 4 * MIB, 'one a second');
  assert.equal(await ahead(2500, 6 * MIB), 8 * MIB, 'four in half of one');
  assert.equal(await ahead(3000, 14 * MIB), 16 * MIB);
  assert.equal(await ahead(3250, 30 * MIB), 64 * MIB, 'never more than the window');
  clock.mock.restore();
});

test('a large file whose rest is on its way keeps its place as long as that is more than 4 MiB', async () => {
  const clock = mock.method(performance, 'now', () => 0);
  const { link, uploader, add, entries, accept, settle } = page({}, { window: 64 * MIB });
  uploader.parallel.set('files', 1);
  add(new FakeFile('film.mov', 20 * MIB), new FakeFile('b.txt', 10));
  accept();
  await settle();
  for (const [now, offset] of [[1000, MIB], [1250, 4 * MIB], [1500, 8 * MIB]]) {
    clock.mock.mockImplementation(() => now);
    uploader.receive({ type: 'ack', stream: 101, offset });
    await settle();
  }
  assert.equal(link.frames.reduce((sum, { length }) => sum + length, 0), 20 * MIB, 'all of it is on its way');
  assert.deepEqual(entries().map(({ state }) => state), ['uploading', 'queued']);
  uploader.receive({ type: 'ack', stream: 101, offset: 16 * MIB });
  await settle();
  assert.deepEqual(entries().map(({ state }) => state), ['uploading', 'uploading']);
  clock.mock.restore();
});

test('a frame with its header fits into max_frame', async () => {
  const { link, add, accept, settle } = page({}, { max_frame: 100 * KIB });
  add(new FakeFile('film.mov', 150 * KIB));
  accept();
  await settle();
  assert.deepEqual(link.frames.map(({ length }) => length + 16), [100 * KIB, 50 * KIB + 32]);
});

test('a window smaller than a frame still lets bytes go', async () => {
  const { link, add, accept, settle } = page({}, { window: 10 * KIB });
  add(new FakeFile('a', 25 * KIB));
  accept();
  await settle();
  assert.deepEqual(link.frames, [{ stream: 101, offset: 0, length: 10 * KIB }]);
});

test('three large files go side by side and the fourth waits', async () => {
  const { link, add, entries, accept, settle } = page();
  add(...[1, 2, 3, 4].map((n) => new FakeFile(`${n}.mov`, 9000 * KIB)));
  accept();
  await settle();
  assert.deepEqual(entries().map(({ state }) => state), ['uploading', 'uploading', 'uploading', 'queued']);
  assert.equal(new Set(link.frames.map(({ stream }) => stream)).size, 3);
});

test('a page may wish for more or fewer files side by side, for each slot', async () => {
  const { uploader, add, entries, accept, settle } = page();
  uploader.parallel.set('files', 1);
  add(...[1, 2, 3].map((n) => new FakeFile(`${n}.mov`, 9000 * KIB)));
  accept();
  await settle();
  assert.deepEqual(entries().map(({ state }) => state), ['uploading', 'queued', 'queued']);
  uploader.parallel.set('files', 5);
  uploader.pause(entries()[2]);
  assert.deepEqual(entries().map(({ state }) => state), ['uploading', 'uploading', 'paused']);
});

test('small files do not wait for one another, but not all go at once', async () => {
  const { link, add, accept, settle } = page();
  add(...Array.from({ length: 100 }, (_, n) => new FakeFile(`${n}.txt`, 10)));
  accept();
  await settle();
  assert.equal(link.frames.length, 24);
});

test('nothing is read while the browser still holds megabytes to send', async () => {
  const { link, add, accept, settle } = page();
  link.buffered = 5 * KIB * KIB;
  add(new FakeFile('film.mov', 3000 * KIB));
  accept();
  await settle();
  assert.equal(link.frames.length, 0);
  link.buffered = 0;
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(link.frames.length, 4);
});

test('after a nack the file goes on from where the server wants it', async () => {
  const { link, uploader, add, accept, settle } = page();
  add(new FakeFile('film.mov', 3000 * KIB));
  accept();
  await settle();
  uploader.receive({ type: 'nack', stream: 101, offset: 256 * KIB, code: 'offset_mismatch' });
  await settle();
  assert.equal(link.frames[4].offset, 256 * KIB);
});

test('a server that never stops going back is given up, and told so', async () => {
  const { link, uploader, add, entries, accept, settle } = page();
  add(new FakeFile('film.mov', 3000 * KIB));
  accept();
  for (let n = 0; n < 9; n += 1) uploader.receive({ type: 'nack', stream: 101, offset: 0, code: 'checksum_mismatch' });
  await settle();
  assert.equal(entries()[0].state, 'failed');
  assert.equal(link.of('cancel').length, 1);
});

test('a paused file sends nothing, and goes on where it was', async () => {
  const { link, uploader, add, entries, accept, settle } = page();
  add(new FakeFile('film.mov', 3000 * KIB));
  accept();
  await settle();
  uploader.pause(entries()[0]);
  uploader.receive({ type: 'ack', stream: 101, offset: 1024 * KIB });
  await settle();
  assert.equal(link.frames.length, 4);
  uploader.resume(entries()[0]);
  await settle();
  assert.equal(link.frames[4].offset, 1024 * KIB);
});

test('a file that can no longer be read fails with a sentence, and the server is told', async () => {
  const { link, add, entries, accept, settle } = page();
  add(new FakeFile('gone.txt', 10, { unreadable: true }));
  accept();
  await settle();
  assert.equal(entries()[0].state, 'failed');
  assert.match(entries()[0].error.message, /can't be read/);
  assert.equal(link.of('cancel').length, 1);
});

test('an empty file needs no frame', async () => {
  const { link, uploader, add, entries, accept, settle } = page();
  add(new FakeFile('empty.txt', 0));
  accept();
  await settle();
  assert.equal(link.frames.length, 0);
  assert.equal(entries()[0].state, 'checking');
  uploader.receive({ type: 'progress', ref: entries()[0].ref, status: 'complete', url: '/_upload/1/empty.txt' });
  assert.equal(entries()[0].state, 'stored');
});

test('done means stored: after the last acknowledgement a file is being checked', async () => {
  const { uploader, add, entries, accept, settle } = page();
  add(new FakeFile('a.txt', 10));
  accept();
  await settle();
  uploader.receive({ type: 'ack', stream: 101, offset: 10 });
  assert.equal(entries()[0].state, 'checking');
});
