/** The clients that run in a page: their snippets, how a person uses them, and what each of them can do. */
import { chunkOf } from './guide.mjs';

/** Uppy's dashboard: what an earlier file left behind is cleared away first. */
const dashboard = {
  html: 'uppy-page',
  async choose(page, path) {
    const finished = page.locator('.uppy-StatusBar-actionBtn--done');
    if (await finished.count()) await finished.click();
    await page.locator('input.uppy-Dashboard-input').first().setInputFiles(path);
    await page.locator('.uppy-StatusBar-actionBtn--upload').click();
  },
  async done(page, name) {
    const names = await page.locator('.uppy-Dashboard-Item.is-complete .uppy-Dashboard-Item-name').allInnerTexts();
    return names.some((text) => text.trim() === name) && (await page.locator('.uppy-StatusBar-actionBtn--done').isVisible());
  },
};

const CHUNK = 8_000_000;

export const TUS = {
  name: 'tus-js-client',
  html: 'tus-page',
  script: 'tus-browser',
  chunk: CHUNK,
  chunked: { chunk: CHUNK },
  choose: (page, path) => page.locator('input').setInputFiles(path),
  done: async (page, name) => (await page.locator('li').allInnerTexts()).includes(`${name}: stored`),
  resumes: true,
  waits: true,
};

export const UPPY_TUS = { ...dashboard, name: 'Uppy (tus)', script: 'uppy-tus', chunk: CHUNK, chunked: { chunk: CHUNK }, resumes: true, waits: true };

/** Its few retries are over before a server is back, and it always begins anew. */
export const UPPY_XHR = { ...dashboard, name: 'Uppy (XHR)', script: 'uppy-xhr', chunk: CHUNK, resumes: false, waits: false };

export const FILEPOND = {
  name: 'FilePond',
  html: 'filepond-page',
  script: 'filepond',
  chunk: chunkOf('filepond'),
  choose: (page, path) => page.locator('input.filepond--browser').setInputFiles(path),
  async done(page, name) {
    const names = page.locator('.filepond--item[data-filepond-item-state=processing-complete] .filepond--file-info-main');
    return (await names.allTextContents()).includes(name);
  },
  resumes: true,
  waits: true,
};

/** It tries again at once, so it doesn't see a server come back. */
export const DROPZONE = {
  name: 'Dropzone',
  html: 'dropzone-page',
  script: 'dropzone',
  chunk: chunkOf('dropzone'),
  choose: (page, path) => page.locator('input.dz-hidden-input').setInputFiles(path),
  done: async (page, name) => (await page.locator('.dz-preview.dz-success [data-dz-name]').allTextContents()).includes(name),
  resumes: true,
  waits: false,
};

export const CLIENTS = [TUS, UPPY_TUS, UPPY_XHR, FILEPOND, DROPZONE];
