/**
 * A state of a page, narrow and wide, light and dark: nothing sticks out at the side, axe-core finds nothing wrong, and a
 * picture of it goes to `shots/` for people to look at.
 */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { wrongs } from './axe.mjs';

export const SHOTS = new URL('./shots/', import.meta.url).pathname;

/** @param {string} name of the state, which becomes the name of the pictures */
export async function look(page, name) {
  await mkdir(SHOTS, { recursive: true });
  const before = page.viewportSize();
  for (const width of [390, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      const at = `${name}, ${width} px, ${colorScheme}`;
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${at}: nothing sticks out at the side`);
      await page.screenshot({ path: join(SHOTS, `${name}-${width}-${colorScheme}.png`), fullPage: true, animations: 'disabled' });
      assert.deepEqual(await wrongs(page), [], at);
    }
  }
  await page.setViewportSize(before);
}
