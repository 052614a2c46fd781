import { FEW } from './leavingChoices.js';
import { takingAwayTests } from './takingAway.js';

takingAwayTests(FEW);
