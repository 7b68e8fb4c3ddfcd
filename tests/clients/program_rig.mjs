/** What every client that is a program has to stand; a run of it sends one file. */
import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { snippet } from './guide.mjs';
import { script, start } from './programs.mjs';
import { REFUSED } from './rig.mjs';
import { stage } from './stage.mjs';
import { BIG, kept, stored } from './store.mjs';

const ON_ITS_WAY = 12_000_000;

/**
 * @param {object} client
 * @param {string} client.name
 * @param {string} client.snippet its program in the guide
 * @param {string} client.as what its program is called
 * @param {number} client.chunk
 * @param {object} [client.chunked] what `snippet` takes to have chunks
 * @param {boolean} [client.whole] it sends all that is missing in one request
 * @param {() => string} client.command what runs the program
 * @param {object} [client.env]
 */
export function rig({ name, snippet: which, as, chunk, chunked = {}, whole = false, command, env = {} }) {
  const set = stage();

  /** Begins to send a file, in a folder that the program may use to remember things. */
  async function begin(file, { cut = false, home, ...wishes } = {}) {
    const cwd = home ?? (await mkdtemp(join(set.folder.path, 'home-')));
    const program = await script(cwd, as, snippet(which, { url: cut ? set.wire.url : set.server.url, ...wishes }));
    return { ...start(command(), [program, file.path], { cwd, env: { ...process.env, ...env } }), cwd };
  }

  set.send = async (file, wishes) => {
    const { code, said, complained } = await (await begin(file, wishes)).ended;
    assert.equal(code, 0, `${name} failed: ${complained}`);
    assert.match(said, /is stored/);
    await stored(set.server, file);
  };

  set.play = (what, act) =>
    test(`${name} ${what}`, { timeout: 120_000 }, async (t) => {
      try {
        await act(t);
      } catch (error) {
        set.say(t);
        throw error;
      }
    });

  set.play('sends a small file, an empty one, one of exactly a chunk and one of three', async () => {
    for (const [called, size] of [['small', 5_000], ['empty', 0], ['one chunk', chunk], ['three chunks', 3 * chunk]]) {
      await set.send(await set.folder.make(`${called}.bin`, size), chunked);
    }
  });

  /** Few bytes were sent for the second time. */
  async function few(t, size, act, bound = ON_ITS_WAY + chunk) {
    const before = set.wire.sent;
    await act();
    const twice = set.wire.sent - before - size;
    t.diagnostic(`${(twice / 1e6).toFixed(1)} MB were sent twice`);
    assert.ok(twice < bound, `${twice} bytes were sent twice`);
  }

  set.play('sends 200 MiB over a line that is cut, and goes on where it was', async (t) => {
    const file = await set.folder.make('film.bin', BIG);
    await few(t, BIG, async () => {
      const cut = set.wire.after(90_000_000);
      await set.send(file, { cut: true });
      await cut;
    });
  });

  // What one request brings is made durable from time to time, beside the writing; what a chunk brought is, before it is answered.
  const [at, bound] = whole ? [9 * chunk, 9 * chunk] : [3.5 * chunk, ON_ITS_WAY + chunk];
  set.play('sends on after the server was killed and started again', async (t) => {
    const file = await set.folder.make('killed.bin', at + 2 * chunk + 1_234);
    await few(
      t,
      file.size,
      async () => {
        const killed = set.wire.after(at, async () => {
          await set.server.kill('SIGKILL');
          await set.server.again();
        });
        await set.send(file, { cut: true, ...chunked });
        await killed;
      },
      bound,
    );
  });

  set.play('goes on where it was when it was killed itself', async (t) => {
    const file = await set.folder.make('again.bin', 5 * chunk + 77);
    await few(t, file.size, async () => {
      const first = await begin(file, { cut: true });
      set.wire.after(3.5 * chunk, () => first.child.kill('SIGKILL'));
      const { code, complained } = await first.ended;
      assert.equal(code, null, `it was killed: ${complained}`);
      await set.send(file, { cut: true, home: first.cwd });
    });
  });

  for (const [reason, { place, make, says }] of Object.entries(REFUSED)) {
    set.play(`says why a file is refused ${reason}`, async () => {
      const file = await make(set.folder);
      const before = (await kept(set.server)).length;
      const { code, said, complained } = await (await begin(file, { place })).ended;
      assert.notEqual(code, 0);
      assert.ok(`${said}${complained}`.includes(says), `${said}${complained}`);
      assert.equal((await kept(set.server)).length, before, 'nothing of it was stored');
    });
  }
  return set;
}
