/** Programs on the same machine: what they say, how they end, and that none outlives its test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

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

/** A snippet as a file in a folder. */
export async function script(folder, name, text) {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}
