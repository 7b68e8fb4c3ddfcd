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

for (const who of ['one caller', 'a new caller each']) {
  set.play(`sends four parts at once, which are joined though they are of ${who}`, async () => {
    const cookie = (await fetch(`${set.server.url}/files`)).headers.getSetCookie()[0].split(';')[0];
    const headers = who === 'one caller' ? `{ Cookie: '${cookie}' }` : '{}';
    const name = `parts-of-${who.replaceAll(' ', '-')}.bin`;
    await set.send(await set.folder.make(name, 3 * CHUNK + 5), { more: `parallelUploads: 4, headers: ${headers}` });
  });
}
