import { MOST, takingAwayTests } from '../e2e/faults/takingAway.js';

takingAwayTests(MOST);
