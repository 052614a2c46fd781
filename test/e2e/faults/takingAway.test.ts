import { FEW, takingAwayTests } from './takingAway.js';

takingAwayTests(FEW);
