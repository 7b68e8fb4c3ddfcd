/** tus-js-client in a page. */
import { TUS } from './clients.mjs';
import { rig } from './rig.mjs';

rig(TUS);
