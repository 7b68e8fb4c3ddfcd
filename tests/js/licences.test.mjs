// What the tests' JavaScript packages may be used under. None of them is shipped.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const PERMISSIVE = ['MIT', 'Apache-2.0', 'ISC', 'BSD-3-Clause', 'BlueOak-1.0.0', '(MIT OR CC0-1.0)'];
/** Others, by name: changes of their own files are published with them, and we change none. */
const NAMED = { 'node_modules/axe-core': 'MPL-2.0' };
/** Says nothing of it anywhere. tus-js-client needs it; it runs in tests and is not shipped. */
const SILENT = ['node_modules/combine-errors'];

test('every package that the tests need may be used by whoever tests', async () => {
    const lock = JSON.parse(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8'));
    const wrong = Object.entries(lock.packages)
        .filter(([path]) => path !== '' && !SILENT.includes(path))
        .filter(([path, { license }]) => !PERMISSIVE.includes(license) && NAMED[path] !== license)
        .map(([path, { license }]) => `${path}: ${license}`);
    assert.deepEqual(wrong, []);
});
