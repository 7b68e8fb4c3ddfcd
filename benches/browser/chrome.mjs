/**
 * Chromium with nobody listening in.
 *
 * Playwright has the browser report the network to it, and by that each WebSocket frame with all of its bytes, as text, through the
 * page's own thread: live uploads measured a third of their speed. So the few words that a measurement needs are spoken here.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ARGS, CHROMIUM } from '../../tests/browser/support.mjs';

const USUAL = ['--headless=new', '--hide-scrollbars', '--mute-audio', '--no-default-browser-check', '--disable-extensions', '--window-size=1000,900'];

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Chrome {
  #child;
  #profile;
  #text = [];
  #last = 0;
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  #asked = new Map();
  /** @type {Map<string, (params: any) => void>} */
  #heard = new Map();

  static async start() {
    const chrome = new Chrome();
    chrome.#profile = await mkdtemp(join(tmpdir(), 'profile-'));
    const words = [...ARGS, ...USUAL, `--user-data-dir=${chrome.#profile}`, '--remote-debugging-pipe', 'about:blank'];
    const child = spawn(CHROMIUM, words, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    chrome.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    child.stdio[4].on('data', (piece) => chrome.#read(piece));
    return chrome;
  }

  /** Each message ends with a zero. @param {Buffer} piece */
  #read(piece) {
    for (let end = piece.indexOf(0); end >= 0; end = piece.indexOf(0)) {
      this.#hear(JSON.parse(Buffer.concat([...this.#text, piece.subarray(0, end)]).toString()));
      this.#text = [];
      piece = piece.subarray(end + 1);
    }
    this.#text.push(piece);
  }

  #hear({ id, method, params, result, error }) {
    if (method) return this.#heard.get(method)?.(params);
    const { resolve, reject } = this.#asked.get(id) ?? {};
    this.#asked.delete(id);
    if (error) reject?.(new Error(error.message));
    else resolve?.(result);
  }

  /** @param {string} method @param {object} [params] @param {string} [sessionId] of a page */
  send(method, params = {}, sessionId = undefined) {
    this.#last += 1;
    const id = this.#last;
    this.#child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }));
  }

  /** @param {string} method @returns {Promise<any>} kept when it is said for the next time */
  next(method) {
    return new Promise((resolve) => this.#heard.set(method, resolve));
  }

  async page() {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    return new Page(this, sessionId);
  }

  /** How many seconds all of its processes have worked. */
  async spent() {
    const { processInfo } = await this.send('SystemInfo.getProcessInfo');
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  }

  /** @param {string[]} categories @returns {Promise<() => Promise<object[]>>} ends the trace and says what happened */
  async trace(categories) {
    const events = [];
    this.#heard.set('Tracing.dataCollected', ({ value }) => events.push(...value));
    await this.send('Tracing.start', { traceConfig: { includedCategories: categories, excludedCategories: ['*'] } });
    return async () => {
      const complete = this.next('Tracing.tracingComplete');
      await this.send('Tracing.end');
      await complete;
      return events;
    };
  }

  async stop() {
    const gone = once(this.#child, 'exit');
    this.#child.kill();
    await gone;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

export class Page {
  #chrome;
  #session;

  constructor(chrome, session) {
    this.#chrome = chrome;
    this.#session = session;
  }

  send(method, params) {
    return this.#chrome.send(method, params, this.#session);
  }

  /** Runs in each document before its own scripts. */
  async first(source) {
    await this.send('Page.enable');
    await this.send('Page.addScriptToEvaluateOnNewDocument', { source });
  }

  async go(url) {
    const loaded = this.#chrome.next('Page.loadEventFired');
    await this.send('Page.navigate', { url });
    await loaded;
  }

  /** @param {string} expression what it comes to, awaited */
  async run(expression, returnByValue = true) {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue });
    assert.equal(exceptionDetails, undefined, exceptionDetails?.exception?.description);
    return returnByValue ? result.value : result.objectId;
  }

  /** As a person would in the window that a click on the field opens. @param {string} field @param {string[]} files */
  async choose(field, files) {
    const objectId = await this.run(`document.querySelector(${JSON.stringify(field)})`, false);
    await this.send('DOM.setFileInputFiles', { objectId, files });
  }
}
