/**
 * Measures browser clients beside each other, round by round. scripts/bench-browser calls this; docs/performance.md says what is
 * measured, and why so.
 */
import { execFileSync } from 'node:child_process';
import { appendFile, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { BINARY, Server } from '../../tests/browser/support.mjs';
import { CLIENTS } from './clients.mjs';
import { measure, settle } from './measure.mjs';
import { table } from './table.mjs';
import { WORK, Work } from './work.mjs';

const SETTINGS = { always: [], os: ['--durability', 'os'] };

const { values: wishes } = parseArgs({
  options: Object.fromEntries(['rounds', 'workloads', 'clients', 'settings', 'results', 'place', 'before', 'from'].map((name) => [name, { type: 'string' }])),
});
const list = (text, known) => text.split(',').filter((name) => name in known || stop(`${name} is none of ${Object.keys(known).join(', ')}`));
const clients = list(wishes.clients, CLIENTS);
if (wishes.before) clients.splice(1, 0, 'before');
const first = Number(wishes.from);
const settings = list(wishes.settings, SETTINGS);
const workloads = list(wishes.workloads, WORK);

const place = await settle(wishes.place);
process.once('SIGINT', () => process.exit(130));
// Each folder in it begins in another region of the disk, where the file system knows how.
try {
  execFileSync('chattr', ['+T', place], { stdio: 'ignore' });
} catch {}

const results = [];
try {
  for (const name of workloads) await turns(await Work.make(name));
} finally {
  await rm(place, { recursive: true, force: true });
}
console.log(table(results));

/** Whoever comes first in one round comes last in the next one. */
async function turns(work) {
  const all = settings.flatMap((setting) => clients.map((client) => [client, setting]));
  for (let round = first; round < first + Number(wishes.rounds); round += 1) {
    for (const [client, setting] of [...all.slice(round % all.length), ...all.slice(0, round % all.length)]) {
      const facts = { workload: work.name, client, setting, round, unit: work.unit };
      let result;
      Server.binary = client === 'before' ? wishes.before : BINARY;
      try {
        result = { ...facts, ...(await measure(CLIENTS[client], work, SETTINGS[setting])) };
      } catch (error) {
        result = { ...facts, error: String(error.message ?? error).slice(0, 300) };
      }
      results.push(result);
      await appendFile(wishes.results, `${JSON.stringify(result)}\n`);
      console.log(`${work.name} ${client}/${setting} ${result.error ?? `${result.rate.toFixed(0)} ${work.unit}, ${result.block.toFixed(0)} ms`}`);
    }
  }
  await work.remove();
}

function stop(message) {
  console.error(`scripts/bench-browser: ${message}`);
  process.exit(2);
}
