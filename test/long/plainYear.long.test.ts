import { plainYearTest } from '../e2e/year/plainYear.js';

plainYearTest({ days: 365, each: 10, lifetime: 90 });
