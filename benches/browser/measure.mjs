/** One measurement: a server and a browser of its own, one choice of files, and a look at what was stored. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ARGS, CHROMIUM, Server, open } from '../../tests/browser/support.mjs';
import { digest, kept } from '../../tests/clients/store.mjs';
import { bundle, chromium } from './packages.mjs';
import { CATEGORIES, longest } from './trace.mjs';

/** As scripts/bench has it: one address sends everything here, and that is no attack. */
const UNBOUNDED = [
  '--address-connections', '--address-sessions', '--address-session-rate', '--address-file-rate', '--caller-file-rate',
  '--caller-sessions', '--caller-unfinished', '--total-unfinished',
].flatMap((flag) => [flag, '0']);
const CLOCK = new URL('clock.js', import.meta.url);
const PATIENCE = 180_000;
/** A browser that has just been started is busy with itself. */
const REST = 1_500;

/**
 * @param {import('./clients.mjs').Client} client
 * @param {import('./work.mjs').Work} work
 * @param {string[]} flags of the server
 */
export async function measure(client, work, flags) {
  const server = await Server.start(...UNBOUNDED, ...flags);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  try {
    const figures = await upload(server, browser, client, work);
    await verify(server, work);
    return figures;
  } finally {
    await browser.close();
    // Many small files are removed after all measurements: see docs/performance.md.
    await (work.files > 100 ? server.kill() : server.stop());
  }
}

async function upload(server, browser, { page: name, path, field }, work) {
  const page = await browser.newPage({ baseURL: server.url, viewport: { width: 1000, height: 900 } });
  page.setDefaultTimeout(PATIENCE);
  await page.addInitScript(await readFile(CLOCK, 'utf8'));
  await open(page, '/files');
  if (path !== '/files') await page.goto(path);
  const { script, style } = await bundle(name);
  await page.evaluate(script);
  if (style) await page.addStyleTag({ content: style });
  await page.waitForTimeout(REST);
  const system = await browser.newBrowserCDPSession();
  const spent = async () => (await system.send('SystemInfo.getProcessInfo')).processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  const before = await spent();
  await browser.startTracing(page, { categories: CATEGORIES });
  await page.locator(field).first().setInputFiles(work.made.map((file) => file.path));
  const { seconds, long, failed } = await page.evaluate(() => window.clock.wait());
  assert.equal(failed, '', 'a file was not stored');
  const cpu = (await spent()) - before;
  const { block, work: busy, pid } = longest(await browser.stopTracing());
  const [, peak] = /VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return { rate: work.rate(seconds), seconds, block, busy, long: long.length, cpu, peak: Number(peak) / 1024 };
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
