/** curl: a form, a raw body, and the draft of resumable uploads in a shell script. */
import assert from 'node:assert/strict';
import { rig } from './program_rig.mjs';
import { run, script } from './programs.mjs';
import { snippet } from './guide.mjs';
import { REFUSED } from './rig.mjs';
import { BIG, kept, stored } from './store.mjs';

const shell = { as: 'upload.sh', command: () => '/bin/sh' };
const set = rig({ name: 'curl by the draft', snippet: 'curl-resume', chunk: 8_000_000, whole: true, ...shell });

/** Runs a line of the guide for a file. */
async function line(name, file, wishes = {}) {
  const program = await script(set.folder.path, `${name}.sh`, snippet(name, { url: set.server.url, ...wishes }));
  return run('/bin/sh', [program, file.path], { cwd: set.folder.path });
}

for (const [what, name] of [['a form', 'curl-form'], ['a raw body', 'curl-put']]) {
  set.play(`sends files as ${what}`, async () => {
    for (const [called, size] of [['small', 5_000], ['empty', 0], ['film', BIG]]) {
      const file = await set.folder.make(`${called}.bin`, size);
      const { code, said, complained } = await line(name, file);
      assert.equal(code, 0, complained);
      assert.ok(said.includes(file.hash), `the answer has the digest: ${said}`);
      assert.ok(said.includes(file.name), `and the name: ${said}`);
      await stored(set.server, file);
    }
  });

  for (const [reason, { place, make, says }] of Object.entries(REFUSED)) {
    set.play(`prints why a file that is ${what} is refused ${reason}`, async () => {
      const before = (await kept(set.server)).length;
      const { code, said } = await line(name, await make(set.folder), { place });
      assert.equal(code, 22, 'a refusal is an error');
      assert.ok(said.includes(says), said);
      assert.equal((await kept(set.server)).length, before, 'nothing of it was stored');
    });
  }
}
