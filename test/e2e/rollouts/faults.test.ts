import { everyNth } from '../faults/choices.js';
import { struckCallsTest } from './struckCalls.js';

// One of four calls, one fault each. test/long/rolloutFaults.long.test.ts has every call times every fault.
struckCallsTest([0], everyNth(0, 4));
