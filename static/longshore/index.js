// @ts-check
/**
 * Longshore's browser client: binds what it finds by attributes, and leaves a page alone that has nothing for it.
 */
import { Page } from './page.js';

export function start() {
  document.documentElement.classList.add('js');
  const live = document.querySelector('[data-longshore-live]')?.getAttribute('data-longshore-live');
  if (live) new Page(live);
}

start();
