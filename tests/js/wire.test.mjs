import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batches, decode, frame } from '../../static/longshore/wire.js';

test('a frame carries stream, empty checksum, offset and payload in network order', () => {
  const bytes = frame(0x01020304, 0x1_0000_0002, new Uint8Array([9, 8, 7]));
  assert.deepEqual([...bytes], [1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 9, 8, 7]);
});

test('an offset beyond what 32 bits can say is written whole', () => {
  const bytes = frame(1, 9_000_000_000_000, new Uint8Array(0));
  assert.equal(new DataView(bytes.buffer).getBigUint64(8), 9_000_000_000_000n);
});

test('whatever is not a message is no message, and nothing is thrown', () => {
  for (const text of ['', '{', 'null', '3', '[]', '{"type":3}', new ArrayBuffer(3), undefined]) assert.equal(decode(text), null);
  assert.deepEqual(decode('{"type":"ack","stream":1,"offset":2,"more":true}'), { type: 'ack', stream: 1, offset: 2, more: true });
});

test('a thousand files are registered fifty at a time, none twice and none lost', () => {
  const items = Array.from({ length: 1001 }, (_, index) => ({ ref: `c${index}` }));
  const parts = [...batches(items)];
  assert.equal(parts.length, 21);
  assert.ok(parts.every((part) => part.length <= 50));
  assert.deepEqual(parts.flat(), items);
});

test('long names make smaller batches, so a message stays below the limit for text', () => {
  const parts = [...batches(Array.from({ length: 50 }, (_, index) => ({ ref: `c${index}`, relative_path: 'd/'.repeat(1000) })))];
  assert.ok(parts.length > 1);
  for (const part of parts) assert.ok(JSON.stringify(part).length < 34 * 1024);
});

test('a single item larger than a batch is still sent', () => {
  assert.equal([...batches([{ name: 'x'.repeat(40_000) }])].length, 1);
});
