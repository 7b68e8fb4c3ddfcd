/** axe-core in a page that may have scripts or not. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong, a line each. @returns {Promise<string[]>} */
export async function wrongs(page) {
  // `evaluate` works where the page's own scripts are off, and is not bound by its policy.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  return page.evaluate(async () => {
    // No timer ever ends in a page without scripts, and axe waits for some; promises are kept there all the same.
    if (matchMedia('(scripting: none)').matches) window.setTimeout = (go, after = 0) => (after < 1000 && void Promise.resolve().then(go), 0);
    const { violations, passes } = await window.axe.run(document, { resultTypes: ['violations'], preload: false });
    if (passes.length === 0) return ['axe has looked at nothing'];
    return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.target} ${node.any[0]?.message ?? ''} ${node.html.slice(0, 160)}`));
  });
}
