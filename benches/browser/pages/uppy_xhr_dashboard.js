import { dashboard } from './dashboard.js';
import { xhr } from './uppy.js';

dashboard(xhr());
