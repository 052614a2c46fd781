import { machineClock } from './clock.js';
import { runAgent } from './runAgent.js';

await runAgent(machineClock);
