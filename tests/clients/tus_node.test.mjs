/** tus-js-client in Node.js. */
import { rig } from './program_rig.mjs';

rig({ name: 'tus-js-client in Node.js', snippet: 'tus-node', as: 'upload.mjs', chunk: 8_000_000, chunked: { chunk: 8_000_000 }, command: () => process.execPath });
