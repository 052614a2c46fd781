import { runAgent } from '../../device/runAgent.js';
import { processClock } from '../clock/processClock.js';

/** The device's agent, in the time that the local processes live in; in all else it is the program that devices run. */
await runAgent(processClock());
