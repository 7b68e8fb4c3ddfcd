/** Dropzone, with chunks. */
import { DROPZONE } from './clients.mjs';
import { rig } from './rig.mjs';

rig(DROPZONE);
