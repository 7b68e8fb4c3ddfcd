/** The way from a client to the server, which can break after so many bytes. */
import { once } from 'node:events';
import net from 'node:net';

/** Less than the first pauses of the clients together, in ms. */
const REST = 300;

export class Wire {
  url = '';
  /** Bytes that went to the server. */
  sent = 0;
  #server;
  #ends = new Set();
  #down = false;
  #limit = Infinity;
  #blow = () => {};

  static async to(server) {
    const wire = new Wire();
    const { hostname, port } = new URL(server.url);
    wire.#server = net.createServer({ allowHalfOpen: true }, (near) => wire.#join(near, net.connect(Number(port), hostname)));
    wire.#server.listen(0, '127.0.0.1');
    await once(wire.#server, 'listening');
    wire.url = `http://127.0.0.1:${wire.#server.address().port}`;
    return wire;
  }

  #join(near, far) {
    if (this.#down) {
      near.destroy();
      far.destroy();
      return;
    }
    this.#ends.add(near);
    near.on('data', (piece) => {
      const fits = Math.max(0, Math.min(piece.length, this.#limit - this.sent));
      this.sent += fits;
      if (!far.write(piece.subarray(0, fits))) near.pause();
      if (this.sent < this.#limit) return;
      this.#limit = Infinity;
      this.#blow();
    });
    near.on('end', () => far.end());
    far.on('drain', () => near.resume());
    far.pipe(near);
    for (const [one, other] of [[near, far], [far, near]]) {
      one.on('error', () => {});
      one.on('close', () => {
        other.destroySoon();
        this.#ends.delete(near);
      });
    }
  }

  /**
   * After so many more bytes something happens; what comes behind them on that connection is lost.
   *
   * @param {number} bytes
   * @param {() => Promise<void> | void} blow
   * @returns {Promise<void>} when it has happened
   */
  after(bytes, blow = () => {}) {
    return new Promise((resolve, reject) => {
      this.#limit = this.sent + bytes;
      this.#blow = () => {
        this.cut();
        Promise.resolve(blow()).then(resolve, reject);
      };
    });
  }

  /** Nobody gets through for a while: a browser would send what a used connection had lost once more, before the client hears of it. */
  async rest(over = new Promise((resolve) => setTimeout(resolve, REST))) {
    this.#down = true;
    await over;
    this.#down = false;
  }

  /** Every connection is gone; new ones may be made. */
  cut() {
    for (const near of this.#ends) near.destroy();
  }

  close() {
    this.cut();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}
