import { machineClock } from './agentClock.js';
import { runAgent } from './runAgent.js';

await runAgent(machineClock);
