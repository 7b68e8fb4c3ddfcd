/** Uppy with a form's request for each file. */
import { UPPY_XHR } from './clients.mjs';
import { rig } from './rig.mjs';

rig(UPPY_XHR);
