import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, percent, portion, remaining, size } from '../../static/longshore/format.js';

test('sizes are written as people write them', () => {
  const table = [
    [0, '0 bytes'], [1, '1 byte'], [999, '999 bytes'], [1000, '1 kB'], [4_200_000, '4.2 MB'], [12_400_000, '12.4 MB'],
    [5_000_000, '5 MB'], [123_456_789, '123.5 MB'], [10_000_000_000, '10 GB'], [2e15, '2 PB'], [65_536, '65.5 kB'],
  ];
  for (const [bytes, text] of table) assert.equal(size(bytes), text);
});

test('a size never reads 1000 of a unit that has a bigger sister', () => {
  assert.equal(size(999_949), '999.9 kB');
  assert.equal(size(999_950), '1 MB');
  assert.equal(size(999_950_000), '1 GB');
});

test('a portion speaks in the unit of the whole and keeps its decimals', () => {
  assert.equal(portion(4_000_000, 12_000_000), '4.0 of 12 MB');
  assert.equal(portion(0, 12_400_000), '0.0 of 12.4 MB');
  assert.equal(portion(300, 900), '300 of 900 bytes');
});

test('a hundred percent is said only when every byte is there', () => {
  assert.equal(percent(999_999, 1_000_000), 99);
  assert.equal(percent(1_000_000, 1_000_000), 100);
  assert.equal(percent(0, 0), 100);
});

test('the time left is told in words', () => {
  const table = [
    [1, 'a moment left'], [6, 'about 6 s left'], [22, 'about 25 s left'], [70, 'about a minute left'],
    [600, 'about 10 minutes left'], [4000, 'about an hour left'], [9000, 'about 3 hours left'], [1e6, 'more than a day left'],
  ];
  for (const [seconds, text] of table) assert.equal(remaining(seconds), text);
});

test('what has just happened is not dated', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  const before = (/** @type {number} */ minutes) => ago(new Date(now.getTime() - minutes * 60_000), now);
  assert.equal(before(0.5), 'just now');
  assert.equal(before(-3), 'just now');
  assert.equal(before(1), 'a minute ago');
  assert.equal(before(59), '59 minutes ago');
  assert.equal(before(60), 'an hour ago');
  assert.equal(before(60 * 24), 'a day ago');
  assert.match(before(60 * 24 * 30), /2026/);
});
