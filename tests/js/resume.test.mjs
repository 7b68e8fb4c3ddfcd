import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint } from '../../static/longshore/fingerprint.js';
import { Memory } from '../../static/longshore/memory.js';
import { FakeFile, KIB, page, welcome } from './fakes.mjs';

const PAGE = '/files/ws';
const SIZE = 3000 * KIB;
const film = (more) => new FakeFile('film.mov', SIZE, more);

/** What a browser keeps, for as many pages as a test opens. */
class FakeNotes {
  notes = new Map();

  async all() {
    return [...this.notes.values()];
  }

  async keep(note) {
    this.notes.set(note.id, note);
  }

  async drop(id) {
    this.notes.delete(id);
  }
}

/** A note of a film that was begun by a page that is gone. */
async function begun(file, more = {}) {
  const { name, size, lastModified: time } = file;
  return { id: 'id', page: PAGE, slot: 'files', name, size, path: undefined, time, ends: await fingerprint(file), tab: 'gone', at: 1, ...more };
}

/** A page with a memory. */
function remembering(notes, more = {}, rules = {}) {
  const memory = Promise.resolve().then(async () => {
    const one = new Memory(scene.uploader, PAGE, notes);
    await one.read();
    return one;
  });
  const scene = page(rules, more, () => memory);
  return { ...scene, memory, show: async () => scene.changes.splice(0).forEach(([entry, gone]) => memory.then((one) => one.show(entry, gone))) };
}

const there = (more = {}) => ({ ref: 'before-1', id: 'id', slot: 'files', stream: 3, name: 'film.mov', size: SIZE, offset: 1000, status: 'uploading', ...more });

async function until(what, condition) {
  for (let turn = 0; turn < 2000; turn += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.fail(`it never came to this: ${what}`);
}

test('an entry that a connection does not hand back is asked for by its id, and goes on where the server stands', async () => {
  const { link, uploader, add, entries, accept, settle } = page();
  add(film());
  accept();
  await settle();
  uploader.receive({ type: 'ack', stream: 101, offset: 512 * KIB });
  const [{ ref, id }] = entries();
  link.ready = false;
  uploader.down(false);
  link.ready = true;
  link.frames.length = 0;
  uploader.receive(welcome());
  assert.deepEqual(link.of('attach'), [{ type: 'attach', ref, id, size: SIZE }]);
  assert.equal(link.of('register').length, 1, 'it is not registered a second time');
  assert.equal(entries()[0].acked, 512 * KIB, 'what was shown stays until the server has answered');
  uploader.receive({ type: 'registered', entries: [{ ref, id, stream: 9, offset: 500 * KIB }] });
  await settle();
  assert.deepEqual(link.frames[0], { stream: 9, offset: 500 * KIB, length: 256 * KIB });
});

test('an entry that the server has forgotten is registered again in silence, from the beginning', async () => {
  for (const code of ['unknown_entry', 'size_mismatch']) {
    const { link, uploader, add, entries, accept, settle } = page();
    add(film());
    accept();
    await settle();
    const [{ ref }] = entries();
    uploader.down(false);
    link.frames.length = 0;
    uploader.receive(welcome());
    uploader.receive({ type: 'registered', errors: [{ ref, code, message: 'No.' }] });
    assert.equal(link.of('register').length, 2);
    assert.equal(entries()[0].error, null);
    accept();
    await settle();
    assert.equal(link.frames[0].offset, 0);
    assert.equal(entries()[0].state, 'uploading');
  }
});

test('what a server that was restarted hands back goes on by itself', async () => {
  const { link, uploader, add, entries, accept, settle } = page();
  add(film(), new FakeFile('done.mov', 10), new FakeFile('bad.mov', 10));
  accept();
  await settle();
  const [one, two, three] = entries().map(({ ref }) => ref);
  uploader.down(false);
  assert.deepEqual(entries().map(({ state }) => state), ['reconnecting', 'reconnecting', 'reconnecting']);
  link.frames.length = 0;
  const entry = (ref, more) => ({ ref, id: `new-${ref}`, slot: 'files', stream: 7, name: 'x', size: 10, offset: 10, ...more });
  uploader.receive(welcome({}, { resume: 'another', entries: [
    entry(one, { size: SIZE, offset: 700 * KIB, status: 'uploading' }),
    entry(two, { status: 'verifying' }),
    entry(three, { status: 'error' }),
  ] }));
  uploader.receive({ type: 'progress', ref: three, status: 'error', error: { code: 'infected', message: 'A virus was found.' } });
  await settle();
  assert.deepEqual(entries().map(({ state }) => state), ['uploading', 'checking', 'refused']);
  assert.equal(link.frames[0].offset, 700 * KIB);
});

test('an upload that another window has taken over stands still, is not taken back by itself, and can be', async () => {
  const { link, uploader, add, entries, accept, settle } = page();
  add(film());
  accept();
  await settle();
  const [entry] = entries();
  const sent = link.frames.length;
  uploader.receive({ type: 'progress', ref: entry.ref, id: entry.id, status: 'error', error: { code: 'superseded', message: 'This upload goes on in another window.' } });
  await settle();
  assert.equal(entry.state, 'interrupted');
  assert.equal(entry.error.message, 'This upload goes on in another window.');
  uploader.down(false);
  uploader.receive(welcome());
  await settle();
  assert.equal(entry.state, 'interrupted');
  assert.equal(link.of('attach').length, 0);
  assert.equal(link.frames.length, sent);
  uploader.continue(entry);
  assert.deepEqual(link.of('attach').map(({ id }) => id), [entry.id]);
  uploader.receive({ type: 'registered', entries: [{ ref: entry.ref, id: entry.id, stream: 5, offset: 1000 * KIB }] });
  await settle();
  assert.equal(entry.state, 'uploading');
  assert.equal(link.frames[sent].offset, 1000 * KIB);
});

test('to take away the row of an upload that goes on elsewhere stops nothing', async () => {
  const { link, uploader, add, entries, accept, settle } = page();
  add(film());
  accept();
  await settle();
  uploader.receive({ type: 'progress', ref: entries()[0].ref, status: 'error', error: { code: 'superseded', message: 'Elsewhere.' } });
  uploader.remove(entries()[0]);
  assert.equal(link.of('cancel').length, 0);
  assert.equal(entries().length, 0);
});

test('a page that was taken over keeps its files, and comes back when somebody asks for it', async () => {
  const { link, uploader, add, entries, accept, settle } = page();
  let asked = 0;
  link.again = () => (asked += 1);
  add(film());
  accept();
  await settle();
  link.ready = false;
  uploader.down(true);
  assert.equal(entries()[0].state, 'interrupted');
  uploader.continue(entries()[0]);
  assert.equal(asked, 1);
  link.ready = true;
  uploader.receive(welcome());
  assert.equal(link.of('attach').length, 1);
});

test('after a reload the same file goes on where its upload was interrupted', async () => {
  const notes = new FakeNotes();
  await notes.keep(await begun(film()));
  const { link, add, entries, settle } = remembering(notes, { entries: [there()] });
  await until('a row that waits for its file', () => entries()[0]?.state === 'interrupted');
  add(film());
  await until('it to go on', () => entries()[0].state === 'uploading');
  await settle();
  assert.equal(entries().length, 1);
  assert.deepEqual(link.frames[0], { stream: 3, offset: 1000, length: 256 * KIB });
  assert.deepEqual([link.of('register').length, link.of('attach').length], [0, 0]);
});

test('a file that differs in anything that is known of it is another upload', async () => {
  const others = [film({ fill: 1 }), film({ lastModified: 2 }), new FakeFile('film.mov', SIZE + 1), new FakeFile('movie.mov', SIZE)];
  for (const other of others) {
    const notes = new FakeNotes();
    await notes.keep(await begun(film()));
    const { link, add, entries } = remembering(notes, { entries: [there()] });
    await until('a row that waits for its file', () => entries()[0]?.state === 'interrupted');
    add(other);
    await until('it to be registered', () => link.of('register').length === 1);
    assert.deepEqual(entries().map(({ state }) => state), ['interrupted', 'queued']);
    assert.equal(link.of('attach').length, 0);
  }
});

test('a file in another folder is another upload', async () => {
  const notes = new FakeNotes();
  await notes.keep(await begun(film(), { path: 'a/film.mov' }));
  const { link, uploader } = remembering(notes);
  uploader.add('files', [{ file: film(), path: 'b/film.mov' }]);
  await until('it to be registered', () => link.of('register').length === 1);
  uploader.add('files', [{ file: film(), path: 'a/film.mov' }]);
  await until('it to be asked for', () => link.of('attach').length === 1);
});

test('in a new session the same file is asked for by its id, and begins anew where the server knows nothing of it', async () => {
  const notes = new FakeNotes();
  await notes.keep(await begun(film()));
  const { link, uploader, add, entries, accept, settle } = remembering(notes);
  add(film());
  await until('it to be asked for', () => link.of('attach').length === 1);
  const [{ ref }] = entries();
  uploader.receive({ type: 'registered', errors: [{ ref, code: 'unknown_entry', message: 'No.' }] });
  assert.equal(link.of('register').length, 1);
  accept();
  await settle();
  assert.equal(link.frames[0].offset, 0);
});

test('the same file chosen twice on one page is sent twice', async () => {
  const notes = new FakeNotes();
  await notes.keep(await begun(film()));
  const { link, add } = remembering(notes);
  add(film());
  await until('it to be asked for', () => link.of('attach').length === 1);
  add(film());
  await until('the second to be registered', () => link.of('register').length === 1);
  assert.equal(link.of('attach').length, 1);
});

test('what was handed back and never written down is joined only while nothing of it was sent', async () => {
  for (const [offset, wanted] of [[0, 0], [1000, 1]]) {
    const { link, add, entries } = remembering(new FakeNotes(), { entries: [there({ offset })] });
    await until('a row that waits for its file', () => entries()[0]?.state === 'interrupted');
    add(film());
    await until('it to go on or to be registered', () => link.frames.length > 0 || link.of('register').length > 0);
    assert.equal(link.of('register').length, wanted, `${offset} bytes were there`);
  }
});

test('where the browser keeps nothing, name and size have to do', async () => {
  const { link, add, entries } = remembering(null, { entries: [there()] });
  await until('a row that waits for its file', () => entries()[0]?.state === 'interrupted');
  add(film());
  await until('it to go on', () => link.frames.length > 0);
  assert.equal(link.frames[0].offset, 1000);
});

test('in a slot with one place another file takes the place of the one that waits', async () => {
  const notes = new FakeNotes();
  await notes.keep(await begun(film()));
  const { link, add, entries } = remembering(notes, { entries: [there()] }, { max_entries: 1 });
  await until('a row that waits for its file', () => entries()[0]?.state === 'interrupted');
  add(film({ fill: 1 }));
  await until('it to be registered', () => link.of('register').length === 1);
  assert.deepEqual(link.of('cancel'), [{ type: 'cancel', ref: 'before-1' }]);
  assert.equal(entries().length, 1);
});

test('a file is written down once a part of it has arrived, and forgotten when it is done', async () => {
  const notes = new FakeNotes();
  const { uploader, add, entries, accept, settle, show } = remembering(notes);
  add(film(), new FakeFile('small.txt', 10));
  await until('both to be registered', () => entries().every(({ asked }) => asked));
  accept();
  await settle();
  await show();
  assert.equal(notes.notes.size, 0);
  uploader.receive({ type: 'ack', stream: 101, offset: 256 * KIB });
  uploader.receive({ type: 'ack', stream: 102, offset: 10 });
  await show();
  await until('a note', () => notes.notes.size === 1);
  const [{ id, name, size, ends, page: where }] = notes.notes.values();
  assert.deepEqual({ id, name, size, where }, { id: entries()[0].id, name: 'film.mov', size: SIZE, where: PAGE });
  assert.equal(ends, await fingerprint(film()));
  uploader.receive({ type: 'progress', ref: entries()[0].ref, status: 'complete', url: '/x' });
  await show();
  await until('it to be forgotten', () => notes.notes.size === 0);
});

test('what is cancelled is forgotten, and what another window has taken over is that window’s to forget', async () => {
  const notes = new FakeNotes();
  const { uploader, add, entries, accept, settle, show } = remembering(notes);
  add(film(), new FakeFile('other.mov', SIZE));
  await until('both to be registered', () => entries().every(({ asked }) => asked));
  accept();
  await settle();
  for (const stream of [101, 102]) uploader.receive({ type: 'ack', stream, offset: 256 * KIB });
  await show();
  await until('two notes', () => notes.notes.size === 2);
  uploader.cancel(entries()[0]);
  const [, other] = entries();
  uploader.receive({ type: 'progress', ref: other.ref, status: 'error', error: { code: 'superseded', message: 'Elsewhere.' } });
  await show();
  uploader.remove(other);
  await show();
  await until('one note', () => notes.notes.size === 1);
  assert.equal([...notes.notes.values()][0].name, 'other.mov');
});

test('what ended before the page was loaded has no row, and what waits for its form has one', async () => {
  const entries = ['error', 'cancelled', 'complete', 'complete'].map((status, i) => there({ ref: `r${i}`, id: `i${i}`, offset: SIZE, status }));
  const scene = remembering(new FakeNotes(), { entries });
  scene.uploader.receive({ type: 'progress', ref: 'r0', status: 'error', error: { code: 'infected', message: 'No.' } });
  scene.uploader.receive({ type: 'progress', ref: 'r2', status: 'complete', url: '/_upload/i2/film.mov' });
  scene.uploader.receive({ type: 'progress', ref: 'r3', status: 'complete' });
  assert.deepEqual(scene.entries().map(({ ref, state }) => [ref, state]), [['r3', 'uploaded']]);
});

test('a file is known by both of its ends', async () => {
  const one = await fingerprint(film());
  assert.equal(one.length, 128);
  const end = film();
  end.slice = (from, to) => ({ arrayBuffer: async () => new Uint8Array(to - from).fill(to === SIZE ? 1 : 0).buffer });
  const other = await fingerprint(end);
  assert.notEqual(one, other);
  assert.equal(one.slice(0, 64), other.slice(0, 64));
  assert.equal((await fingerprint(new FakeFile('empty', 0))).length, 128);
});

test('a page that came over plain HTTP tells files apart, too', async () => {
  const real = globalThis.crypto;
  Object.defineProperty(globalThis, 'crypto', { value: undefined, configurable: true });
  try {
    const prints = await Promise.all([film(), film(), film({ fill: 1 }), new FakeFile('short', 70_000)].map(fingerprint));
    assert.equal(prints[0], prints[1]);
    assert.equal(new Set(prints).size, 2, 'the ends of the short one are the same zeros');
    assert.equal(prints[0].length, 32);
  } finally {
    Object.defineProperty(globalThis, 'crypto', { value: real, configurable: true });
  }
});
