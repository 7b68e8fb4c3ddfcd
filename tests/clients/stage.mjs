/** What the tests of a client need: a server, a way to it that breaks, files, and for pages a browser and a site of another origin. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { ARGS, CHROMIUM, PATIENCE, Server } from '../browser/support.mjs';
import { snippet } from './guide.mjs';
import { Site } from './site.mjs';
import { Folder } from './store.mjs';
import { Wire } from './wire.mjs';

/** What a browser says of a line that was cut, and of an answer that is a refusal: both are what a test wanted. */
const WANTED = /Failed to load resource|ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|EMPTY_RESPONSE)|net::ERR_FAILED|^\[Uppy\]/;

/** @param {{ browser?: boolean }} wishes */
export function stage({ browser = false } = {}) {
  const set = {};
  before(async () => {
    set.site = await Site.open();
    set.server = await Server.start('--allowed-origin', set.site.near, '--allowed-origin', set.site.far);
    set.wire = await Wire.to(set.server);
    set.folder = await Folder.open();
    if (browser) set.browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  });
  after(async () => {
    await set.browser?.close();
    await set.wire?.close();
    await set.site?.close();
    await set.server?.stop();
    await set.folder?.remove();
  });
  set.say = (t) => set.server.said().forEach((line) => t.diagnostic(`the server said: ${line}`));
  return set;
}

/**
 * A test in a page that runs a snippet of the guide.
 *
 * @param {object} set
 * @param {string} name
 * @param {{ html: string, script?: string, timeout?: number, [wish: string]: unknown }} wishes names of snippets, and what `snippet` takes; `cut` if the line
 *   breaks, `cookies` if the page sends the cookie
 * @param {(scene: { page: import('playwright-core').Page, context: object, t: object }) => Promise<void>} play
 */
export function scene(set, name, { html, script, cut = false, timeout = 120_000, known = false, ...wishes }, play) {
  test(name, { timeout }, async (t) => {
    const url = cut ? set.wire.url : set.server.url;
    const path = await set.site.page(snippet(html, { url, place: wishes.place }), script && snippet(script, { url, ...wishes }));
    const context = await set.browser.newContext();
    context.setDefaultTimeout(PATIENCE);
    const faults = [];
    try {
      const page = await context.newPage();
      page.on('pageerror', (error) => faults.push(String(error)));
      page.on('console', (message) => message.type() === 'error' && !WANTED.test(message.text()) && faults.push(message.text()));
      if (known) await page.goto(`${set.server.url}/files`);
      await page.goto(`${wishes.cookies ? set.site.near : set.site.far}${path}`);
      await play({ page, context, t });
      assert.deepEqual(faults.filter((fault) => !WANTED.test(fault)), [], 'the page made no errors');
    } catch (error) {
      for (const fault of faults) t.diagnostic(`the page said: ${fault}`);
      t.diagnostic(`the page shows: ${await context.pages()[0]?.innerText('body').catch(() => 'nothing')}`);
      set.say(t);
      throw error;
    } finally {
      await context.close();
    }
  });
}
