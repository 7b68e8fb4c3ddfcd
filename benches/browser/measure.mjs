/** One measurement: a server and a browser of its own, one choice of files, and a look at what was stored. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from '../../tests/browser/support.mjs';
import { digest, kept } from '../../tests/clients/store.mjs';
import { Chrome } from './chrome.mjs';
import { bundle } from './packages.mjs';
import { CATEGORIES, longest } from './trace.mjs';

/** As scripts/bench has it: one address sends everything here, and that is no attack. */
const UNBOUNDED = [
  '--address-connections', '--address-sessions', '--address-session-rate', '--address-file-rate', '--caller-file-rate',
  '--caller-sessions', '--caller-unfinished', '--total-unfinished',
].flatMap((flag) => [flag, '0']);
const CLOCK = new URL('clock.js', import.meta.url);
const PATIENCE = 180_000;
/** A browser that has just been started is busy with itself. */
const REST = 1_000;

/**
 * @param {import('./clients.mjs').Client} client
 * @param {import('./work.mjs').Work} work
 * @param {string[]} flags of the server
 */
export async function measure(client, work, flags) {
  const server = await Server.start(...UNBOUNDED, ...flags);
  const chrome = await Chrome.start();
  try {
    const figures = await limited(upload(server, chrome, client, work));
    await verify(server, work);
    return figures;
  } finally {
    await chrome.stop();
    // Many small files are removed after all measurements: see docs/performance.md.
    await (work.files > 100 ? server.kill() : server.stop());
  }
}

async function upload(server, chrome, { page: name, path, field }, work) {
  const { script, style } = await bundle(name);
  const page = await chrome.page();
  await page.first(await readFile(CLOCK, 'utf8'));
  await page.go(`${server.url}/files`);
  if (path !== '/files') await page.go(server.url + path);
  if (style) await page.run(`document.head.append(Object.assign(document.createElement('style'), { textContent: ${JSON.stringify(style)} }))`);
  await page.run(`${script};0`);
  await new Promise((resolve) => setTimeout(resolve, REST));
  const before = await chrome.spent();
  const stop = await chrome.trace(CATEGORIES);
  await page.choose(field, work.made.map((file) => file.path));
  const { seconds, long, failed } = await page.run('clock.wait()');
  assert.equal(failed, '', 'a file was not stored');
  const cpu = (await chrome.spent()) - before;
  const { block, work: busy, pid } = longest(await stop());
  const [, peak] = /VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return { rate: work.rate(seconds), seconds, block, busy, long: long.length, cpu, peak: Number(peak) / 1024 };
}

async function limited(doing) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error('it took too long')), PATIENCE)));
  return Promise.race([doing, late]).finally(() => clearTimeout(timer));
}

/** Byte for byte, on the disk. */
async function verify(server, work) {
  const paths = await kept(server);
  assert.equal(paths.length, work.files, 'as many files are stored as were sent');
  const there = new Set();
  for (const path of paths) {
    assert.equal((await stat(path)).size, work.size);
    there.add(await digest(path));
  }
  for (const { name, hash } of work.made) assert.ok(there.has(hash), `${name} is stored as it was sent`);
}

/** Where all data lies from now on. */
export async function settle(place) {
  await mkdir(place, { recursive: true });
  process.env.TMPDIR = place;
  process.env.TMPDIR = await mkdtemp(join(tmpdir(), 'run-'));
  return process.env.TMPDIR;
}
