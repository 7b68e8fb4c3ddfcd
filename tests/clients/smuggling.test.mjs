/**
 * nginx and haproxy in front of the server, sharing one connection to it among all of their clients. A request that proxy and server
 * read differently leaves something on that connection, and the next client gets an answer to a question that it never asked.
 * `tests/it/attacks/smg.rs` sends the same without a proxy.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PATIENCE, Server, until } from '../browser/support.mjs';
import { start } from './programs.mjs';
import { answers, port } from './proxies.mjs';

const PROGRAMS = process.env.CLIENTS_PROXIES;

/** The library folders of what was unpacked. */
async function libraries() {
  const folders = [];
  for (const program of await readdir(PROGRAMS)) {
    const lib = join(PROGRAMS, program, 'usr/lib');
    for (const name of await readdir(lib).catch(() => [])) if (name.endsWith('-linux-gnu')) folders.push(join(lib, name));
  }
  return folders.join(':');
}

const FRONTS = {
  async nginx(home, at, server) {
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${join(home, name)};`);
    const path = join(home, 'nginx.conf');
    await writeFile(
      path,
      `daemon off; worker_processes 1; pid ${join(home, 'pid')}; events {}
       http {
         access_log off; ${places.join(' ')}
         upstream longshore { server ${server}; keepalive 1; }
         server {
           listen 127.0.0.1:${at};
           client_max_body_size 0;
           location / { proxy_pass http://longshore; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_request_buffering off; }
         }
       }`,
    );
    return start(join(PROGRAMS, 'nginx/usr/sbin/nginx'), ['-e', 'stderr', '-p', home, '-c', path]);
  },
  async haproxy(home, at, server) {
    const path = join(home, 'haproxy.cfg');
    await writeFile(
      path,
      `global
         nbthread 1
       defaults
         mode http
         timeout connect 5s
         timeout client 10s
         timeout server 10s
         http-reuse always
       listen longshore
         bind 127.0.0.1:${at}
         server one ${server} maxconn 1 pool-max-conn 1\n`,
    );
    const env = { ...process.env, LD_LIBRARY_PATH: await libraries() };
    return start(join(PROGRAMS, 'haproxy/usr/sbin/haproxy'), ['-db', '-f', path], { env });
  },
};

/** Sends bytes and reads until the other side ends, or has been silent for a while after its first word. */
function exchange(at, bytes) {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(at, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(received);
    };
    let timer = setTimeout(end, PATIENCE);
    socket.on('data', (data) => {
      received += data.toString('latin1');
      clearTimeout(timer);
      timer = setTimeout(end, 120);
    });
    socket.on('end', end);
    socket.on('error', end);
  });
}

const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: hidden\r\nX-Rest: ';
const CHUNKED = `0\r\n\r\n${HIDDEN}`;
const doors = ['/files', '/upload', '/tus/files/files', '/resumable/files/files', '/filepond/files/files', '/api/files', '/healthz'];

/** What is to be sent to a path, with the lines that make it ambiguous. */
const attacks = [
  ['length, then chunks', [`Content-Length: ${CHUNKED.length}`, 'Transfer-Encoding: chunked'], CHUNKED],
  ['chunks, then length', ['Transfer-Encoding: chunked', `Content-Length: ${CHUNKED.length}`], CHUNKED],
  ['a short length and chunks', ['Content-Length: 4', 'Transfer-Encoding: chunked'], `5c\r\n${HIDDEN}`],
  ['another encoding', ['Transfer-Encoding: xchunked', 'Content-Length: 4'], `5c\r\n${HIDDEN}`],
  ['white space in front of the colon', ['Transfer-Encoding : chunked', `Content-Length: ${CHUNKED.length}`], CHUNKED],
  ['a control character in front of the encoding', ['Transfer-Encoding:\x0bchunked', `Content-Length: ${CHUNKED.length}`], CHUNKED],
  ['a folded line', ['X: y', ' Transfer-Encoding: chunked', `Content-Length: ${CHUNKED.length}`], CHUNKED],
  ['two encodings', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], CHUNKED],
  ['an underscore', ['Transfer_Encoding: chunked', `Content-Length: ${CHUNKED.length}`], CHUNKED],
  ['two lengths', ['Content-Length: 0', `Content-Length: ${HIDDEN.length}`], HIDDEN],
  ['a list of lengths', [`Content-Length: 0, ${HIDDEN.length}`], HIDDEN],
  ['a length with a sign', [`Content-Length: +${HIDDEN.length}`], HIDDEN],
  ['a length behind a line feed', [`X: y\nContent-Length: ${HIDDEN.length}`], HIDDEN],
  ['a length behind a carriage return', [`X: y\rContent-Length: ${HIDDEN.length}`], HIDDEN],
  ['an encoding behind a line feed', ['X: y\nTransfer-Encoding: chunked', `Content-Length: ${CHUNKED.length}`], CHUNKED],
  ['chunks that end their lines with line feeds', ['Transfer-Encoding: chunked'], `1\nx\n0\n\n${HIDDEN}`],
  ['an extension with a line feed', ['Transfer-Encoding: chunked'], `1;a\nx\r\n0\r\n\r\n${HIDDEN}`],
  ['a chunk that is longer than it says', ['Transfer-Encoding: chunked'], `1\r\nxy\r\n0\r\n\r\n${HIDDEN}`],
  ['an upgrade to HTTP/2', ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'], HIDDEN],
  ['an upgrade that is refused', ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 9', `Content-Length: ${HIDDEN.length}`], HIDDEN],
  ['an expectation', ['Expect: 100-continue', `Content-Length: ${HIDDEN.length}`], HIDDEN],
  ['a length that the connection drops', [`Content-Length: ${HIDDEN.length}`, 'Connection: Content-Length'], HIDDEN],
  ['an origin that is refused before its body', ['Origin: https://evil.example', `Content-Length: ${HIDDEN.length}`], HIDDEN],
];

for (const kind of Object.keys(FRONTS)) {
  describe(kind, () => {
    let server, proxy, at, home;
    before(async () => {
      assert.ok(PROGRAMS, 'CLIENTS_PROXIES is a folder with nginx and haproxy');
      home = await mkdtemp(join(tmpdir(), `longshore-${kind}-`));
      server = await Server.start();
      at = await port();
      proxy = await FRONTS[kind](home, at, new URL(server.url).host);
      await until(`${kind} to listen`, async () => {
        if (proxy.child.exitCode !== null) assert.fail((await proxy.ended).complained);
        return answers(at);
      });
    });
    after(async () => {
      proxy?.child.kill('SIGTERM');
      await proxy?.ended;
      await server?.stop();
      await rm(home, { recursive: true, force: true });
    });

    /** Somebody else asks, on the connection to the server that is left: each time the answer is theirs. */
    async function othersAreAnswered(what) {
      for (let n = 0; n < 3; n++) {
        const answer = await exchange(at, 'GET /healthz HTTP/1.1\r\nHost: good.example\r\nConnection: close\r\n\r\n');
        assert.match(answer, /^HTTP\/1\.1 200 /, `${what}: ${answer}`);
        assert.ok(answer.includes('{"status":"ok"}') && !answer.includes('hidden'), `${what}: ${answer}`);
      }
    }

    for (const [what, lines, body] of attacks) {
      test(`smg: ${what} leaves nothing for the next client behind ${kind}`, { timeout: 4 * PATIENCE }, async () => {
        await othersAreAnswered('before');
        for (const path of doors) {
          for (const method of ['POST', 'GET']) {
            await exchange(at, `${method} ${path} HTTP/1.1\r\nHost: good.example\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
          }
          await othersAreAnswered(`${what} to ${path}`);
        }
      });
    }
  });
}
