import { struckCallsTest } from '../e2e/rollouts/struckCalls.js';
import { StruckRollouts } from '../e2e/rollouts/struckRollouts.js';

struckCallsTest(StruckRollouts.turns);
