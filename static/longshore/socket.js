// @ts-check
/**
 * One connection that comes back by itself.
 *
 * A dropped socket is ordinary: a lift, a closed lid, a restarted server. The token of the last `welcome` is shown again, so
 * that the server can hand the entries back. Only a page that never got through at all gives up, and falls back to its form.
 *
 * @import { Link, Listener } from './index.js'
 */
import { PROTOCOL, decode } from './wire.js';

const ATTEMPTS_BEFORE_FALLBACK = 3;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
const LONGEST_SILENCE = 30_000;
const SUPERSEDED = 4001;

/** @implements {Link} */
export class Socket {
  #listener;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #attempts = 0;
  #closed = false;
  #heard = 0;

  url;
  /** The server knows this page by it after the connection was lost. @type {string | undefined} */
  token;
  /** Whether the server has answered on any connection. */
  welcomed = false;
  /** Whether the server has answered on the present connection. */
  ready = false;

  /**
   * @param {string} url
   * @param {Listener} listener
   */
  constructor(url, listener) {
    this.url = url;
    this.#listener = listener;
  }

  get buffered() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** @param {object} message */
  send(message) {
    this.sendBytes(JSON.stringify(message));
  }

  /** @param {Uint8Array<ArrayBuffer> | string} bytes */
  sendBytes(bytes) {
    if (this.#socket?.readyState === 1) this.#socket.send(bytes);
  }

  connect() {
    if (this.#socket || this.#closed) return;
    clearTimeout(this.#timer);
    const socket = (this.#socket = new WebSocket(this.url, PROTOCOL));
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.send({ type: 'hello', resume: this.token, checksums: false });
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.#lost(event.code);
  }

  /** Lets the connection go, and no other is looked for. */
  close() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.ready = false;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /** Drops a connection that is silent or known to be dead, without waiting until the system notices. */
  restart() {
    if (!this.#socket) return;
    this.close();
    this.#lost(0);
  }

  /** Bytes are out and nobody answers: the network is gone, even if the system doesn't know it yet. */
  suspect() {
    if (this.ready && performance.now() - this.#heard > LONGEST_SILENCE) this.restart();
  }

  /** The network is back, or the page is looked at again: there is no reason to wait any longer. */
  hurry() {
    this.#attempts = 0;
    this.connect();
  }

  /** Comes back although another page has taken over, as a page of its own. */
  again() {
    if (!this.#closed) return;
    this.#closed = false;
    this.token = undefined;
    this.connect();
  }

  /** @param {unknown} data */
  #receive(data) {
    const message = decode(data);
    if (!message) return;
    this.#heard = performance.now();
    if (message.type === 'welcome') {
      this.token = message.resume;
      this.#attempts = 0;
      this.welcomed = this.ready = true;
    }
    this.#listener.message(message);
  }

  /** @param {number} code */
  #lost(code) {
    this.#socket = null;
    this.ready = false;
    this.#attempts += 1;
    const hopeless = !this.welcomed && this.#attempts >= ATTEMPTS_BEFORE_FALLBACK;
    this.#closed = hopeless || code === SUPERSEDED;
    this.#listener.down(code === SUPERSEDED ? 'superseded' : hopeless ? 'unavailable' : 'lost');
    if (this.#closed) return;
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (this.#attempts - 1));
    // Half of the wait is chance, so that a restarted server isn't greeted by everyone in the same instant.
    this.#timer = setTimeout(() => this.connect(), wait * (0.5 + Math.random() / 2));
  }
}
