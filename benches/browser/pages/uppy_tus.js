import { bare, tus } from './uppy.js';

bare(tus());
