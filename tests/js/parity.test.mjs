import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeFile, KIB, page } from './fakes.mjs';

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
  assert.deepEqual(read, [[0, BLOCK], [BLOCK, 2 * BLOCK]], 'this block and the next one, of twenty-five');
  for (let offset = 256 * KIB; offset <= BLOCK; offset += 256 * KIB) {
    uploader.receive({ type: 'ack', stream: 101, offset });
    await settle();
  }
  assert.deepEqual(read.slice(2), [[2 * BLOCK, 3 * BLOCK]], 'another one when the first is sent');
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
