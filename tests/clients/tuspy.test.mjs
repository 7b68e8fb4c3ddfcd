/** tuspy, in the Python that `scripts/test` has prepared. */
import assert from 'node:assert/strict';
import { chunkOf } from './guide.mjs';
import { rig } from './program_rig.mjs';

const PYTHON = process.env.CLIENTS_PYTHON;

const set = rig({
  name: 'tuspy',
  snippet: 'tuspy',
  as: 'upload.py',
  chunk: chunkOf('tuspy'),
  command() {
    assert.ok(PYTHON, 'CLIENTS_PYTHON is a Python that has tuspy');
    return PYTHON;
  },
});

set.play('sends a checksum with each chunk', async () => set.send(await set.folder.make('checked.bin', 20_000_000), { more: 'upload_checksum=True' }));
