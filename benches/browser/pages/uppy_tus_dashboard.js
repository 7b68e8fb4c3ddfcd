import { dashboard } from './dashboard.js';
import { tus } from './uppy.js';

dashboard(tus());
