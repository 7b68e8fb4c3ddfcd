/** FilePond, with chunks. */
import { FILEPOND } from './clients.mjs';
import { rig } from './rig.mjs';

rig(FILEPOND);
