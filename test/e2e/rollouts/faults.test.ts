import { struckCallsTest } from './struckCalls.js';

// Every call meets one fault. test/long/rolloutFaults.long.test.ts has every call times every fault.
struckCallsTest([0]);
