/** An application of somebody else, on an origin of its own: its pages are the guide's snippets, bundled as such applications do. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript', css: 'text/css' };

export class Site {
  #server;
  #files = new Map();
  #pages = 0;

  static async open() {
    const site = new Site();
    site.#server = http.createServer(({ url }, answer) => {
      const file = site.#files.get(url);
      answer.writeHead(file ? 200 : 404, { 'Content-Type': TYPES[url.split('.').pop()] ?? 'text/plain' }).end(file);
    });
    site.#server.listen(0, '127.0.0.1');
    await once(site.#server, 'listening');
    const { port } = site.#server.address();
    // Cookies know sites and not origins: to 127.0.0.1 one of these pages is of the same site, and the other is not.
    site.near = `http://127.0.0.1:${port}`;
    site.far = `http://localhost:${port}`;
    return site;
  }

  /**
   * A page with some HTML and perhaps a module script.
   *
   * @returns {Promise<string>} its path
   */
  async page(html, script = '') {
    const path = `/pages/${(this.#pages += 1)}`;
    const { outputFiles, warnings } = await build({
      stdin: { contents: script, resolveDir: HERE, loader: 'js' },
      bundle: true,
      format: 'esm',
      write: false,
      outdir: HERE,
      logLevel: 'error',
    });
    assert.deepEqual(warnings, []);
    for (const { path: made, text } of outputFiles) this.#files.set(`${path}.${made.split('.').pop()}`, text);
    const style = this.#files.has(`${path}.css`) ? `<link rel="stylesheet" href="${path}.css">` : '';
    const icon = '<link rel="icon" href="data:,">';
    const head = `<meta charset="utf-8"><title>A page</title>${icon}${style}<script type="module" src="${path}.js"></script>`;
    this.#files.set(`${path}.html`, `<!doctype html><html lang="en"><head>${head}</head><body>${html}</body></html>`);
    return `${path}.html`;
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}
