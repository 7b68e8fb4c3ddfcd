/**
 * The snippets of the guide: what it shows is what the rigs run, so it can't rot.
 *
 * A block of the guide that is run has a name behind its language: ```js name=filepond
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const GUIDE = new URL('../../docs/guides/clients.md', import.meta.url);
const BLOCK = /^```\w+ name=(\S+)\n([^]*?)^```$/gm;

export const text = readFileSync(GUIDE, 'utf8');
const snippets = new Map([...text.matchAll(BLOCK)].map(([, name, text]) => [name, text]));
/** What the snippets are called. */
export const names = [...snippets.keys()];

/** Where the guide's Longshore is. */
const ADDRESS = 'https://files.example.com';
/** Lines for pages that send the cookie. */
const COOKIE = /^.*\/\/ cookie$\n/gm;
/** A size of chunks that is only wanted behind some proxies. */
const WISH = /^( *)\/\/ (chunkSize: )[\d_]+,.*$/m;
/** A line after which another option may stand. */
const OPTION = /^( *)(retryDelays: |chunk_size=|chunkSize: ).*,$/m;

/**
 * A snippet, for a server, a place and a kind of page.
 *
 * @param {string} name
 * @param {{ url?: string, place?: string, cookies?: boolean, chunk?: number, more?: string }} wishes `url` is the server's, `place` the page and the slot;
 *   `chunk` turns on what the guide only mentions, `more` is another option
 */
export function snippet(name, { url = ADDRESS, place = 'files/files', cookies = false, chunk, more } = {}) {
  let text = snippets.get(name);
  assert.ok(text, `the guide has no snippet that is called ${name}`);
  if (!cookies) text = text.replace(COOKIE, '');
  if (chunk) {
    assert.match(text, WISH, `${name} mentions a size of chunks`);
    text = text.replace(WISH, `$1$2${chunk},`);
  }
  if (more) {
    assert.match(text, OPTION, `${name} has a place for more options`);
    text = text.replace(OPTION, `$&\n$1${more},`);
  }
  const [page] = place.split('/');
  return text
    .replaceAll('/files/files', `/${place}`)
    .replaceAll('name="files"', `name="${page}"`)
    .replaceAll(new RegExp(`${ADDRESS}/files(?=['"\\n])`, 'g'), `${ADDRESS}/${page}`)
    .replaceAll(ADDRESS, url);
}

/** How large the chunks of a snippet are. */
export function chunkOf(name) {
  const [, size] = /chunk_?[sS]ize[:=]\s*([\d_]+)/.exec(snippet(name)) ?? [];
  assert.ok(size, `${name} has a size of chunks`);
  return Number(size.replaceAll('_', ''));
}
