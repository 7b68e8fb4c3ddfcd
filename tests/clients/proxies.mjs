/** nginx and Caddy in front of a server, configured as the guide says; the programs come from Debian's packages, unpacked by `scripts/test`. */
import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { until } from '../browser/support.mjs';
import { snippet } from './guide.mjs';
import { run, start } from './programs.mjs';

const PROGRAMS = process.env.CLIENTS_PROXIES;

/** A port that was free a moment ago. */
export async function port() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const answers = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true) ?? socket.destroy());
    socket.on('error', () => resolve(false));
  });

export class Proxy {
  url = '';
  /** The authority that its clients have to trust. */
  certificate = '';
  #started;

  /**
   * @param {'nginx' | 'caddy'} kind
   * @param {{ server: string, pages: string, folder: string }} wishes `pages` is the site whose `/pages/` it serves on the same origin
   */
  static async start(kind, { server, pages, folder }) {
    assert.ok(PROGRAMS, 'CLIENTS_PROXIES is a folder with nginx and Caddy');
    const proxy = new Proxy();
    const home = await mkdtemp(join(folder, `${kind}-`));
    proxy.certificate = join(home, 'certificate.pem');
    const key = join(home, 'key.pem');
    await certify(proxy.certificate, key);
    const at = await port();
    proxy.url = `https://127.0.0.1:${at}`;
    proxy.#started = await CONFIGURE[kind]({ home, key, certificate: proxy.certificate, at, server: new URL(server).host, pages });
    await until(`${kind} to listen`, async () => {
      const { exitCode } = proxy.#started.child;
      if (exitCode !== null) assert.fail(`${kind} stopped: ${(await proxy.#started.ended).complained}`);
      return answers(at);
    });
    return proxy;
  }

  async stop() {
    this.#started?.child.kill('SIGTERM');
    await this.#started?.ended;
  }
}

export async function certify(certificate, key) {
  const { code, complained } = await run('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '2',
    '-keyout', key, '-out', certificate, '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1',
  ]);
  assert.equal(code, 0, complained);
}

const CONFIGURE = {
  async nginx({ home, key, certificate, at, server, pages }) {
    const config = snippet('nginx')
      .replaceAll('/etc/ssl/files.example.com.pem', certificate)
      .replaceAll('/etc/ssl/files.example.com.key', key)
      .replaceAll('127.0.0.1:8080', server)
      .replace('listen 443', `listen 127.0.0.1:${at}`)
      .replace('location / {', `location /pages/ { proxy_pass ${pages}; }\n    location / {`);
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${join(home, name)};`);
    const path = join(home, 'nginx.conf');
    await writeFile(path, `daemon off; pid ${join(home, 'pid')}; events {}\nhttp { access_log off; ${places.join(' ')}\n${config} }`);
    return start(join(PROGRAMS, 'nginx/usr/sbin/nginx'), ['-e', 'stderr', '-p', home, '-c', path]);
  },
  async caddy({ home, key, certificate, at, server, pages }) {
    const config = snippet('caddy')
      .replaceAll('localhost:8080', server)
      .replace('files.example.com {', `https://127.0.0.1:${at} {\n\ttls ${certificate} ${key}\n\treverse_proxy /pages/* ${new URL(pages).host}`);
    const path = join(home, 'Caddyfile');
    await writeFile(path, `{\n\tadmin off\n\tauto_https off\n}\n${config}`);
    const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home };
    return start(join(PROGRAMS, 'caddy/usr/bin/caddy'), ['run', '--adapter', 'caddyfile', '--config', path], { env });
  },
};
