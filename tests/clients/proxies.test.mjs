/**
 * nginx and Caddy in front, with TLS and HTTP/2: a page on the service's own origin, and a large upload that is neither buffered nor
 * cut short. Refusals in the middle of a file reach the page through both.
 */
import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../browser/support.mjs';
import { CLIENTS, TUS } from './clients.mjs';
import { snippet } from './guide.mjs';
import { run, script } from './programs.mjs';
import { Proxy } from './proxies.mjs';
import { REFUSED, shown } from './rig.mjs';
import { stage } from './stage.mjs';
import { BIG, stored } from './store.mjs';

const set = stage({ browser: true });

for (const [kind, clients] of [['nginx', CLIENTS], ['caddy', [TUS]]]) {
  describe(kind, () => {
    let proxy;
    before(async () => {
      proxy = await Proxy.start(kind, { server: set.server.url, pages: set.site.near, folder: set.folder.path });
    });
    after(() => proxy?.stop());

    test(`tus-js-client sends 200 MiB through ${kind}`, { timeout: 120_000 }, async () => {
      const file = await set.folder.make('film.bin', BIG);
      const home = await mkdtemp(join(set.folder.path, 'home-'));
      const program = await script(home, 'upload.mjs', snippet('tus-node', { url: proxy.url }));
      const { code, complained } = await run(process.execPath, [program, file.path], { cwd: home, env: { ...process.env, NODE_EXTRA_CA_CERTS: proxy.certificate } });
      assert.equal(code, 0, complained);
      await stored(set.server, file);
    });

    for (const { name, html, script, choose, done } of clients) {
      /** A test in a page on the proxy's own origin. */
      const play = (what, place, act) =>
        test(`${name} ${what}`, { timeout: 120_000 }, async (t) => {
          const context = await set.browser.newContext({ ignoreHTTPSErrors: true });
          const page = await context.newPage();
          const path = await set.site.page(snippet(html, { place }), snippet(script, { url: proxy.url, place, cookies: true }));
          try {
            await page.goto(`${proxy.url}/files`);
            await page.goto(`${proxy.url}${path}`);
            await act(page);
          } catch (error) {
            t.diagnostic(`the page shows: ${await shown(page).catch(() => 'nothing')}`);
            set.say(t);
            throw error;
          } finally {
            await context.close();
          }
        });

      play(`sends files to its own origin through ${kind}`, 'files/files', async (page) => {
        const file = await set.folder.make('own.bin', 20_000_000);
        await choose(page, file.path);
        await until('the page to say that it is stored', () => done(page, file.name));
        await stored(set.server, file);
        await page.goto(`${proxy.url}/files`);
        await page.getByRole('link', { name: file.name }).first().waitFor();
      });

      const { place, make, says } = REFUSED['by what is in it'];
      play(`shows through ${kind} why a file is refused by what is in it`, place, async (page) => {
        await choose(page, (await make(set.folder)).path);
        await until(`the page to show: ${says}`, async () => (await shown(page)).includes(says));
      });
    }
  });
}
