import { plainYearTest } from '../e2e/year/plainYear.js';

plainYearTest(365, 10);
