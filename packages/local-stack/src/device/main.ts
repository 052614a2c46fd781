import { runAgent } from '@connected-registry/agent/runAgent';
import { processClock } from '@connected-registry/clock/processClock';

/** The device's agent, in the time that the local processes live in; in all else it is the program that devices run. */
await runAgent(processClock());
