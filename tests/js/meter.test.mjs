import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Meter } from '../../static/longshore/meter.js';

test('a steady stream has its speed', () => {
  const meter = new Meter();
  for (let now = 1000; now <= 6000; now += 100) meter.add(50_000, now);
  assert.ok(Math.abs(meter.rate(6000) - 500_000) < 60_000, `${meter.rate(6000)}`);
});

test('bursts do not make it leap', () => {
  const meter = new Meter();
  for (let now = 1000; now <= 5000; now += 50) meter.add(25_000, now);
  const before = meter.rate(5000);
  meter.add(1_000_000, 5050);
  assert.ok(meter.rate(5050) < before * 3);
});

test('a line that has become faster has its pace at once, and its speed later', () => {
  const meter = new Meter();
  for (let now = 1000; now <= 3000; now += 100) meter.add(50_000, now);
  for (let now = 3100; now <= 3500; now += 100) meter.add(500_000, now);
  assert.ok(meter.pace(3500) > 4_000_000, `${meter.pace(3500)}`);
  assert.ok(meter.rate(3500) < 2_000_000, `${meter.rate(3500)}`);
  assert.equal(meter.pace(7000), 0);
});

test('a stalled upload has no speed after three seconds, and gets one again', () => {
  const meter = new Meter();
  meter.add(100_000, 1000);
  meter.add(100_000, 1500);
  assert.ok(meter.rate(3000) > 0);
  assert.equal(meter.rate(4600), 0);
  meter.add(100_000, 9000);
  assert.ok(meter.rate(9000) > 0);
});

test('what is stopped has no speed', () => {
  const meter = new Meter();
  meter.add(100_000, 1000);
  meter.add(100_000, 1500);
  meter.stop();
  assert.equal(meter.rate(1500), 0);
});
