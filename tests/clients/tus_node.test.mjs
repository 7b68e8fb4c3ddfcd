/** tus-js-client in Node.js, with what else it can do of the protocol. */
import { rig } from './program_rig.mjs';

const CHUNK = 8_000_000;
const set = rig({
  name: 'tus-js-client in Node.js',
  snippet: 'tus-node',
  as: 'upload.mjs',
  chunk: CHUNK,
  chunked: { chunk: CHUNK },
  command: () => process.execPath,
});

for (const [what, more, size] of [
  ['sends bytes with the first request', 'uploadDataDuringCreation: true', 3 * CHUNK + 6],
  ['says only at the end how long a file is', 'uploadLengthDeferred: true', 3 * CHUNK + 7],
  ['hides its method behind POST', 'overridePatchMethod: true', 3 * CHUNK + 8],
]) {
  set.play(what, async () => set.send(await set.folder.make('other.bin', size), { more }));
}

set.play('sends four parts at once, which are joined if they are of one caller', async () => {
  const cookie = (await fetch(`${set.server.url}/files`)).headers.getSetCookie()[0].split(';')[0];
  const more = `parallelUploads: 4, headers: { Cookie: '${cookie}' }`;
  await set.send(await set.folder.make('parts.bin', 3 * CHUNK + 5), { more });
});
