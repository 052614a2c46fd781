import { faultMatrix, representative } from './matrix.js';

faultMatrix({ title: 'onboarding', lanes: 2, breaking: false, choose: representative });
