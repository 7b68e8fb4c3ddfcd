/**
 * What every browser test needs: the real binary on a folder of its own, a line to it that can be slow or cut, and a browser
 * whose page may not make a single error.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const HERE = fileURLToPath(new URL('.', import.meta.url));
export const BINARY = process.env.LONGSHORE_BIN ?? join(HERE, '../../target/debug/longshore');
export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** How long anything that is awaited may take; a busy machine needs far more than a person would. */
export const PATIENCE = Number(process.env.PATIENCE ?? 40_000);

/** Servers that run now; none of them outlives its test, however that ends. */
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]]) process.once(signal, () => process.exit(code));

export class Server {
  /** What the next ones run. */
  static binary = BINARY;
  url = '';
  log = '';
  /** The folder that holds everything. */
  data = '';
  #child;
  #flags;

  /** @param {...string} flags what it is told beside where to listen */
  static async start(...flags) {
    const server = new Server();
    server.#flags = flags;
    server.data = await mkdtemp(join(tmpdir(), 'longshore-browser-'));
    await server.#run('127.0.0.1:0');
    return server;
  }

  get host() {
    return new URL(this.url).host;
  }

  /** What it has written since it was asked before, without the frames of a panic. */
  said() {
    const lines = this.log.split('\n').filter((line) => line && !/^\s+(\d+: |at )/.test(line));
    this.log = '';
    return lines.slice(0, 12);
  }

  async #run(bind) {
    const child = spawn(Server.binary, ['--bind', bind, '--data', this.data, '--log', 'warn', ...this.#flags], { cwd: this.data, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    child.stderr.on('data', (text) => (this.log += text));
    const gone = once(child, 'exit').then(([code]) => assert.fail(`the server stopped at once (${code}): ${this.log}`));
    const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), gone]);
    gone.catch(() => {});
    this.url = line.trim().replace(/\/$/, '');
  }

  async kill(signal = 'SIGKILL') {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  /** On the same port and the same data. */
  again() {
    return this.#run(this.host);
  }

  async stop() {
    await this.kill();
    await rm(this.data, { recursive: true, force: true });
  }
}

const TICK = 10;

/** The way from the browser to the server, as slow as a test wants it; what is asked for at another line is not slowed down. */
export class Line {
  /** Bytes per second from the browser to the server; 0 holds everything back. */
  speed = Infinity;
  url = '';
  #server;
  #ends = new Map();
  #timer = setInterval(() => this.#tick(), TICK);

  static async to(server) {
    const line = new Line();
    const { hostname, port } = new URL(server.url);
    line.#server = net.createServer((near) => line.#join(near, net.connect(Number(port), hostname)));
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    line.url = `http://127.0.0.1:${line.#server.address().port}`;
    return line;
  }

  #join(near, far) {
    this.#ends.set(near, 0);
    near.on('data', (chunk) => {
      far.write(chunk);
      if (this.speed === Infinity) return;
      this.#ends.set(near, this.#ends.get(near) + chunk.length);
      near.pause();
    });
    far.pipe(near);
    for (const [one, other] of [[near, far], [far, near]]) {
      one.on('error', () => {});
      one.on('close', () => {
        other.destroy();
        this.#ends.delete(near);
      });
    }
  }

  #tick() {
    for (const [near, debt] of this.#ends) {
      const left = this.speed === Infinity ? 0 : Math.max(0, debt - (this.speed * TICK) / 1000);
      this.#ends.set(near, left);
      if (left === 0 && this.speed > 0) near.resume();
    }
  }

  /** Every connection is gone; new ones may be made. */
  cut() {
    for (const near of this.#ends.keys()) near.destroy();
  }

  close() {
    clearInterval(this.#timer);
    this.cut();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

/** One server, one line and one browser for all tests of a file. */
export function stage() {
  const set = {};
  before(async () => {
    set.server = await Server.start();
    set.line = await Line.to(set.server);
    set.browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  });
  after(async () => {
    await set.browser?.close();
    await set.line?.close();
    await set.server?.stop();
  });

  /**
   * A test with a page of its own, whose visitor nobody has seen before. Any error of the page fails it.
   *
   * @param {string} name
   * @param {{ at: string, forgive?: RegExp, slow?: boolean, timeout?: number, context?: object }} options
   * @param {(scene: object) => Promise<void>} play
   */
  set.scene = (name, { at, forgive, slow = false, timeout = 120_000, context: wishes = {} }, play) => {
    test(name, { timeout }, async (t) => {
      const base = slow ? set.line.url : set.server.url;
      const context = await set.browser.newContext({ baseURL: base, viewport: { width: 1000, height: 900 }, reducedMotion: 'reduce', ...wishes });
      const faults = [];
      context.on('page', (page) => watch(page, faults, forgive));
      context.setDefaultTimeout(PATIENCE);
      try {
        const page = await context.newPage();
        if (at) await open(page, at, wishes.javaScriptEnabled !== false);
        await play({ page, context, t, line: set.line, server: set.server, faults });
        assert.deepEqual(faults, [], 'the page made no errors');
      } catch (error) {
        if (faults.length > 0) t.diagnostic(`errors of the page: ${faults.join(' | ')}`);
        const page = context.pages()[0];
        await page?.screenshot({ path: join(HERE, 'shots', `failed - ${name.replaceAll(/[^\w -]+/g, ' ').slice(0, 80)}.png`) }).catch(() => {});
        for (const line of set.server.said()) t.diagnostic(`the server said: ${line}`);
        throw error;
      } finally {
        set.line.speed = Infinity;
        await context.close();
      }
    });
  };
  return set;
}

function watch(page, faults, forgive) {
  const note = (text) => forgive?.test(text) || faults.push(text);
  page.on('pageerror', (error) => note(String(error)));
  page.on('console', (message) => message.type() === 'error' && note(`${message.text()} ${message.location().url ?? ''}`));
}

/** A live page is ready once the server has said its rules: the field then knows what it may take. */
export async function open(page, path, live = true) {
  let welcomed = Promise.resolve();
  if (live && path !== '/' && !path.startsWith('/no')) {
    welcomed = page.waitForEvent('websocket').then((socket) => socket.waitForEvent('framereceived', ({ payload }) => String(payload).includes('"welcome"')));
  }
  const [answer] = await Promise.all([page.goto(path), welcomed]);
  return answer;
}

/** Waits for a condition instead of a time. */
export async function until(what, condition, patience = PATIENCE) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) assert.fail(`waited ${patience / 1000} s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
