/** The guide shows nothing that isn't run, and names what it is run with. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { names, text } from './guide.mjs';

const here = new URL('.', import.meta.url);
const read = (name) => readFileSync(new URL(name, here), 'utf8');

test('every snippet with a name is run', () => {
  const programs = readdirSync(here).filter((name) => name.endsWith('.mjs')).map(read).join('\n');
  assert.ok(names.length > 10);
  for (const name of names) assert.ok(programs.includes(`'${name}'`), `nothing runs ${name}`);
});

test('the versions in the guide are those that run', () => {
  const { devDependencies } = JSON.parse(read('../package.json'));
  for (const name of ['tus-js-client', '@uppy/core', '@uppy/tus', '@uppy/xhr-upload', 'filepond', 'dropzone']) {
    const version = devDependencies[name];
    assert.ok(text.includes(version), `the guide says another version than ${version} of ${name}`);
  }
  const [, tuspy] = /^tuspy==(.+)$/m.exec(read('requirements.txt'));
  assert.ok(text.includes(`tuspy ${tuspy}`));
});
