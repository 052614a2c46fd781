import { writesAndSomeReads } from '../faults/choices.js';
import { struckCallsTest } from './struckCalls.js';

// Every write and one of three reads, one fault each. test/long/rolloutFaults.long.test.ts has every call times every fault.
struckCallsTest([0], writesAndSomeReads);
