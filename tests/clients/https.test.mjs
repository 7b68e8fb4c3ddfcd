/**
 * HTTPS of the binary as it is shipped: the Rust tests run a build whose test client brings HTTP/2 with it, and would not see that it
 * is off.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { PATIENCE, Server } from '../browser/support.mjs';
import { run } from './programs.mjs';
import { certify } from './proxies.mjs';

let home, server, certificate;
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'longshore-https-'));
  certificate = join(home, 'certificate.pem');
  await certify(certificate, join(home, 'key.pem'));
  server = await Server.start('--tls-cert', certificate, '--tls-key', join(home, 'key.pem'));
});
after(async () => {
  await server?.stop();
  await rm(home, { recursive: true, force: true });
});

test('HTTP/1.1 is what is spoken, whatever else a client would like', { timeout: PATIENCE }, async () => {
  for (const [wishes, agreed] of [[['h2', 'http/1.1'], 'http/1.1'], [['http/1.1'], 'http/1.1'], [[], false]]) {
    const { hostname, port } = new URL(server.url);
    const options = { host: hostname, port: Number(port), ca: await readFile(certificate), ALPNProtocols: wishes };
    const spoken = await new Promise((resolve, reject) => {
      const socket = connect(options, () => resolve(socket.alpnProtocol) ?? socket.destroy());
      socket.on('error', reject);
    });
    assert.equal(spoken, agreed, wishes.join());
  }
});

test('who only speaks HTTP/2 is told so by the handshake', { timeout: PATIENCE }, async () => {
  const { host } = new URL(server.url);
  const { said, complained } = await run('openssl', ['s_client', '-alpn', 'h2', '-connect', host]);
  assert.match(said + complained, /no application protocol/);
});

test('curl sends a file by it', { timeout: PATIENCE }, async () => {
  const { code, said, complained } = await run('curl', ['--silent', '--show-error', '--cacert', certificate, '-F', `file=@${certificate}`, `${server.url}/upload`]);
  assert.equal(code, 0, complained);
  assert.equal(JSON.parse(said).success, true, said);
});
