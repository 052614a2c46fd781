// @module-tag jumping-clock
import { plainYearTest } from './plainYear.js';

// Every client is rotated once; `npm run test:long` has the whole year of fifty clients with credentials of 90 days.
plainYearTest({ days: 46, each: 1, lifetime: 45 });
