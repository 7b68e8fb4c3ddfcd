import { bare, xhr } from './uppy.js';

bare(xhr());
