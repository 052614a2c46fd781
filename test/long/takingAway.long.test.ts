import { MOST } from '../e2e/faults/leavingChoices.js';
import { takingAwayTests } from '../e2e/faults/takingAway.js';

takingAwayTests(MOST);
