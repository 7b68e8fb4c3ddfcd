/** How the client's modules are served: packed for whoever takes that, plain for others, each with a tag of its own. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Server } from './support.mjs';

let server;
let assets;
before(async () => {
  server = await Server.start();
  assets = (await (await fetch(`${server.url}/files`)).text()).match(/\/static\/\w+/)[0];
});
after(() => server.stop());

/** As the server sends it: `fetch` would unpack it. */
function get(path, headers = {}) {
  return new Promise((resolve, reject) => {
    http.get(`${server.url}${assets}/${path}`, { headers }, async (answer) => {
      const parts = await answer.toArray();
      resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) });
    }).on('error', reject);
  });
}

test('every module is there, packed and plain, and it is the same module', async () => {
  for (const name of await readdir(new URL('../../static/longshore/', import.meta.url))) {
    const [plain, packed] = await Promise.all([get(`longshore/${name}`), get(`longshore/${name}`, { 'accept-encoding': 'br, gzip' })]);
    assert.equal(plain.status, 200, name);
    assert.equal(plain.headers['content-encoding'], undefined, name);
    assert.equal(packed.headers['content-encoding'], 'gzip', name);
    assert.deepEqual(gunzipSync(packed.body), plain.body, name);
    assert.notEqual(packed.headers.etag, plain.headers.etag, name);
    for (const { headers } of [plain, packed]) assert.equal(headers.vary, 'accept-encoding', name);
  }
});

test('who has it already is told so, in the packing that was asked for', async () => {
  const path = 'longshore/index.js';
  const packed = await get(path, { 'accept-encoding': 'gzip' });
  const again = await get(path, { 'accept-encoding': 'gzip', 'if-none-match': packed.headers.etag });
  assert.deepEqual([again.status, again.body.length], [304, 0]);
  const other = await get(path, { 'if-none-match': packed.headers.etag });
  assert.equal(other.status, 200);
});

test('who takes no gzip gets none', async () => {
  for (const accepted of ['identity', 'br', 'gzip;q=0', '']) {
    const answer = await get('style.css', { 'accept-encoding': accepted });
    assert.deepEqual([answer.status, answer.headers['content-encoding']], [200, undefined], accepted);
  }
});
