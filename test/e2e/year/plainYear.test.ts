// @module-tag jumping-clock
import { plainYearTest } from './plainYear.js';

// Every client is rotated once; `npm run test:long` has the whole year of fifty clients.
plainYearTest(80, 1);
