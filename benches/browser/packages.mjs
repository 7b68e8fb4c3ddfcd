/** Other people's clients, as tests/package.json pins them, bundled for a page. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const TESTS = new URL('../../tests/', import.meta.url);
const require = createRequire(new URL('package.json', TESTS));
const { build } = require('esbuild');

/** One script, and perhaps a style, of a page in `pages/`. @param {string} name */
export async function bundle(name) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`pages/${name}.js`, import.meta.url))],
    nodePaths: [fileURLToPath(new URL('node_modules', TESTS))],
    bundle: true,
    minify: true,
    format: 'iife',
    write: false,
    outdir: '/',
    logLevel: 'error',
  });
  const of = (kind) => outputFiles.find(({ path }) => path.endsWith(kind))?.text ?? '';
  return { script: of('.js'), style: of('.css') };
}
