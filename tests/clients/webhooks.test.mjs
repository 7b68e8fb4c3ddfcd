/** The receivers of `docs/guides/webhooks.md` know a letter of ours, and nothing else. The numbers are those of the guide's Rust. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const guide = await readFile(new URL('../../docs/guides/webhooks.md', import.meta.url), 'utf8');

/** @param {string} language */
function snippet(language) {
  const found = guide.match(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``));
  assert.ok(found, `the guide has ${language}`);
  return found[1];
}

const SECRET = 'a secret of sixteen bytes or more';
const SIGNATURE = guide.match(/v1=[0-9a-f]{64}/)[0];
const CASES = [
  [true, '1700000000', SIGNATURE, '{"id":1}', 1_700_000_060],
  [true, '1700000000', `v1=00,${SIGNATURE}`, '{"id":1}', 1_700_000_060],
  [false, '1700000000', SIGNATURE, '{"id":2}', 1_700_000_060],
  [false, '1700000001', SIGNATURE, '{"id":1}', 1_700_000_060],
  [false, '1700000000', SIGNATURE, '{"id":1}', 1_700_000_400],
  [false, '1700000000', '', '{"id":1}', 1_700_000_060],
  [false, '1700000000', SIGNATURE.slice(0, -2), '{"id":1}', 1_700_000_060],
];

test('OUT-04: the receiver in JavaScript tells letters of ours from others', async () => {
  const module = `data:text/javascript,${encodeURIComponent(snippet('js'))}`;
  const { isGenuine } = await import(module);
  for (const [good, timestamp, signatures, body, now] of CASES) {
    assert.equal(isGenuine(SECRET, timestamp, signatures, Buffer.from(body), now), good, `${timestamp} ${signatures} ${body} ${now}`);
  }
});

test('OUT-04: the receiver in Python tells letters of ours from others', () => {
  const cases = JSON.stringify(CASES);
  const program = `${snippet('python')}
import json, sys
for good, timestamp, signatures, body, now in json.loads(sys.argv[1]):
    assert is_genuine(${JSON.stringify(SECRET)}.encode(), timestamp, signatures, body.encode(), now) == good, (timestamp, signatures, body, now)
`;
  execFileSync('python3', ['-c', program, cases], { stdio: ['ignore', 'inherit', 'inherit'] });
});
