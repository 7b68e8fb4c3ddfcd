import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeFile, KIB, page } from './fakes.mjs';
import { Controls } from '../../static/longshore/controls.js';

test('a file is read in blocks as the server takes them, never as a whole', async () => {
  const BLOCK = 4096 * KIB;
  const { uploader, add, accept, settle } = page();
  const read = [];
  class Watched extends FakeFile {
    slice(from, to) {
      read.push([from, to]);
      return super.slice(from, to);
    }

    arrayBuffer() {
      assert.fail('the whole file was asked for');
    }
  }
  add(new Watched('film.mov', 100_000 * KIB));
  accept();
  await settle();
  assert.deepEqual(read, [[0, BLOCK], [BLOCK - 16, 2 * BLOCK]], 'this block and the next one, of twenty-five, with room for a header');
  for (let offset = 256 * KIB; offset <= BLOCK; offset += 256 * KIB) {
    uploader.receive({ type: 'ack', stream: 101, offset });
    await settle();
  }
  assert.deepEqual(read.slice(2), [[2 * BLOCK - 16, 3 * BLOCK]], 'another one when the first is sent');
});

/** A file in which no two places are alike, and where its bytes lie once they are read. */
class Marked extends FakeFile {
  read = [];

  slice(from, to) {
    return {
      arrayBuffer: async () => {
        const { buffer } = Uint32Array.from({ length: (Math.min(to, this.size) - from) / 4 }, (_, n) => from + 4 * n);
        this.read.push(buffer);
        return buffer;
      },
    };
  }
}

/** Notes what is sent at the moment in which it is sent, as a socket does. */
function listen(link) {
  const sent = [];
  link.sendBytes = (bytes) => {
    const [at, first, last] = [Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(8)), ...[0, bytes.length - 20].map((place) => new Uint32Array(bytes.slice(16 + place, 20 + place).buffer)[0])];
    sent.push({ at, first, last: last ?? first, length: bytes.length - 16, buffer: bytes.buffer });
  };
  return sent;
}

test('frames are sent from where they were read, without a copy', async () => {
  const { link, uploader, add, accept, settle } = page();
  const sent = listen(link);
  const film = new Marked('film.mov', 10_000 * KIB);
  add(film);
  accept();
  for (let offset = 256 * KIB; offset <= film.size + 256 * KIB; offset += 256 * KIB) {
    await settle();
    uploader.receive({ type: 'ack', stream: 101, offset: Math.min(offset, film.size) });
  }
  let at = 0;
  for (const { at: said, first, last, length } of sent) {
    assert.deepEqual([said, first, last], [at, at, at + length - 4]);
    at += length;
  }
  assert.equal(at, film.size);
  const copied = sent.filter(({ buffer }) => !film.read.includes(buffer));
  assert.deepEqual(copied.map(({ at }) => at), [0], 'only the first one has no room for its header');
});

test('after a nack the bytes are read again, for headers were written over them', async () => {
  const { link, uploader, add, accept, settle } = page();
  const sent = listen(link);
  add(new Marked('film.mov', 3000 * KIB));
  accept();
  await settle();
  uploader.receive({ type: 'nack', stream: 101, offset: 0, code: 'checksum_mismatch' });
  await settle();
  const again = sent.splice(4);
  assert.deepEqual(again.map(({ at, first, last, length }) => [at, first, last + 4 - length]), sent.map(({ at }) => [at, at, at]));
});

test('a thousand chosen files are added in portions, and a place for one keeps the first of them', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  globalThis.dispatchEvent = () => true;
  t.after(() => delete globalThis.dispatchEvent);
  for (const [max_entries, taken] of [[1000, 1000], [1, 1]]) {
    const { link, uploader, entries } = page({ max_entries });
    const controls = new Controls(uploader, () => {});
    controls.choose('files', Array.from({ length: 1000 }, (_, n) => ({ file: new FakeFile(`${n}.txt`, 10) })));
    assert.equal(entries().length, 100);
    for (let turn = 0; turn < 9; turn += 1) t.mock.timers.tick(1);
    assert.equal(entries().length, 1000);
    const asked = link.of('register').flatMap(({ entries }) => entries.map(({ name }) => name));
    assert.deepEqual([asked.length, asked[0]], [taken, '0.txt']);
  }
});

test('a slot may wish for longer frames, and none is longer than the server takes', async () => {
  for (const [chunk_size, length] of [[64, 256], [300, 300], [900, 400]]) {
    const { link, add, accept, settle } = page({ chunk_size: chunk_size * KIB }, { max_frame: 400 * KIB + 16 });
    add(new FakeFile('film.mov', 3000 * KIB));
    accept();
    await settle();
    assert.equal(link.frames[0].length, length * KIB, `${chunk_size} KiB were wished for`);
  }
});
