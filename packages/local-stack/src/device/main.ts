import { runAgent } from '@connected-registry/agent/runAgent';
import { processClock } from '@connected-registry/clock/processClock';

/** The device's agent with the clock of the local processes. Otherwise it is the program that devices run. */
await runAgent(processClock());
