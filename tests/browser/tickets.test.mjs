/** An upload ticket in the address: the page, its form and its live connection are the holder's, and no cookie is needed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { choose, field, state, submit } from './acts.mjs';
import { bytes, text } from './files.mjs';
import { look } from './look.mjs';
import { ARGS, BINARY, CHROMIUM, PATIENCE, Server, open } from './support.mjs';

let server;
let browser;

before(async () => {
  server = await Server.start('--anonymous', 'false');
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** The address of the page with a new ticket. */
function invited(...limits) {
  const ticket = execFileSync(BINARY, ['ticket', 'files', 'files', '--data', server.data, ...limits], { encoding: 'utf8' });
  return `/files?ticket=${ticket.trim()}`;
}

async function visit(options) {
  const context = await browser.newContext({ baseURL: server.url, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  return { context, page, faults };
}

test('whoever has a ticket sends files by the live page, within its limits and without a cookie', { timeout: PATIENCE * 3 }, async () => {
  const { context, page, faults } = await visit();
  assert.equal((await page.goto('/files')).status(), 401, 'nobody without one');
  await open(page, invited('--count', '2', '--max-size', '10kB', '--accept', '.bin'));
  assert.equal(await field(page).getAttribute('accept'), '.bin');
  await choose(page, bytes('one.bin', 5_000), bytes('large.bin', 20_000));
  await state(page, 'one.bin', 'stored');
  await state(page, 'large.bin', 'refused');
  await choose(page, text('notes.txt'));
  await state(page, 'notes.txt', 'refused');
  await look(page, 'ticket');
  assert.deepEqual(await context.cookies(), []);
  assert.deepEqual(faults, []);
  // The connection goes, and the page comes back to its own session.
  await server.kill();
  await server.again();
  await choose(page, bytes('two.bin', 5_000));
  await state(page, 'two.bin', 'stored');
  await context.close();
});

test('whoever has a ticket sends a form without JavaScript, and comes back to the page', { timeout: PATIENCE * 3 }, async () => {
  const { context, page } = await visit({ javaScriptEnabled: false });
  const address = invited('--count', '1');
  await page.goto(address);
  for (const [name, word] of [['one.bin', 'stored'], ['two.bin', 'refused']]) {
    await field(page).setInputFiles(bytes(name, 100));
    await Promise.all([page.waitForNavigation(), submit(page).click()]);
    const { pathname, searchParams } = new URL(page.url());
    assert.equal(pathname, '/files');
    assert.equal(searchParams.get('ticket'), new URL(address, server.url).searchParams.get('ticket'));
    const said = page.locator(`.notice li${word === 'stored' ? '[data-state=stored]' : ':not([data-state=stored])'}`);
    assert.ok((await said.allInnerTexts()).some((line) => line.includes(name)), word);
  }
  assert.deepEqual(await context.cookies(), []);
  await context.close();
});
