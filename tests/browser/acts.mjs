/** What a person does on a page, and what a person sees there. */
import { until } from './support.mjs';

export const zone = (page) => page.locator('[data-upload-drop]');
export const field = (page) => page.locator('.zone-main input[type=file]');
export const rows = (page) => page.locator('.upload-progress-item');
export const exactly = (text) => new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
export const row = (page, name) => rows(page).filter({ has: page.locator('.upload-progress-name', { hasText: exactly(name) }) });
export const verb = (page, name, verb) => row(page, name).locator(`button[data-verb="${verb}"]`);
export const region = (page) => page.locator('[data-region]:not([data-region^=elsewhere])');
export const stored = (page, name) => region(page).locator('[data-key]', { hasText: name });
export const submit = (page) => page.locator('form.upload button[type=submit]');
export const all = (page, word) => page.locator('[data-upload-summary] button', { hasText: word });

export const choose = (page, ...files) => field(page).setInputFiles(files);

export async function state(page, name, wanted, patience = 30_000) {
  const one = row(page, name);
  await until(`${name} to be ${wanted}`, async () => (await one.count()) > 0 && (await one.getAttribute('data-state')) === wanted, patience);
  return one;
}

/** Files made inside the page, as the browser would hand them over: carried over the zone, then let go. */
export async function drop(page, ...files) {
  await drag(page, 'dragover', ...files);
  await drag(page, 'drop', ...files);
}

/** @param {'dragover' | 'drop' | 'paste'} kind */
export function drag(page, kind, ...files) {
  const given = files.map(({ name, mimeType, buffer }) => ({ name, type: mimeType, body: buffer.toString('base64') }));
  return page.evaluate(
    ({ given, kind }) => {
      const transfer = new DataTransfer();
      for (const { name, type, body } of given) {
        transfer.items.add(new File([Uint8Array.from(atob(body), (c) => c.charCodeAt(0))], name, { type }));
      }
      const [target, event] =
        kind === 'paste'
          ? [document.body, new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true })]
          : [document.querySelector('[data-upload-drop]'), new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true })];
      target.dispatchEvent(event);
    },
    { given, kind },
  );
}

/** A file of any size that takes no room: the same million bytes over and over. */
export function dropHuge(page, name, type, size) {
  return page.evaluate(
    ({ name, type, size }) => {
      const million = new Blob([new Uint8Array(1_000_000)]);
      const thousand = new Blob(Array(1000).fill(million));
      const parts = [...Array(Math.floor(size / 1e9)).fill(thousand), ...Array(Math.floor((size % 1e9) / 1e6)).fill(million), new Uint8Array(size % 1e6)];
      const transfer = new DataTransfer();
      transfer.items.add(new File(parts, name, { type }));
      document.querySelector('[data-upload-drop]').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
    },
    { name, type, size },
  );
}

/** The digest of what a link gives, taken where a person would follow it. */
export function digest(page, url) {
  return page.evaluate(async (url) => {
    const answer = await fetch(url);
    if (!answer.ok) return `${answer.status}`;
    const sum = await crypto.subtle.digest('SHA-256', await answer.arrayBuffer());
    return [...new Uint8Array(sum)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }, url);
}

/** Everything that the server has for this visitor, page by page. */
export function listing(page, slot) {
  return page.evaluate(async (slot) => {
    const files = [];
    let cursor = '';
    do {
      const answer = await fetch(`/api/files?slot=${slot}&limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      const some = await answer.json();
      files.push(...some.files);
      cursor = some.next ?? '';
    } while (cursor);
    return files;
  }, slot);
}
