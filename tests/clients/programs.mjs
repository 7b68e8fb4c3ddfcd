/** Programs on the same machine: what they say, how they end, and that none outlives its test. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/**
 * Starts a program.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {{ child: import('node:child_process').ChildProcess, ended: Promise<{ code: number | null, said: string, complained: string }> }}
 */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  running.add(child);
  const words = { said: '', complained: '' };
  child.stdout.on('data', (text) => (words.said += text));
  child.stderr.on('data', (text) => (words.complained += text));
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child);
    return { code, ...words };
  });
  return { child, ended };
}

/** Runs a program to its end. */
export const run = (command, args, options) => start(command, args, options).ended;

const PACKAGES = fileURLToPath(new URL('../node_modules', import.meta.url));

/** A snippet as a file in a folder, beside the packages that it may import. */
export async function script(folder, name, text) {
  const path = join(folder, name);
  await symlink(PACKAGES, join(folder, 'node_modules')).catch((error) => assert.equal(error.code, 'EEXIST'));
  await writeFile(path, text);
  return path;
}
