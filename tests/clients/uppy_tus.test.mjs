/** Uppy with its tus plugin. */
import { UPPY_TUS } from './clients.mjs';
import { rig } from './rig.mjs';

rig(UPPY_TUS);
