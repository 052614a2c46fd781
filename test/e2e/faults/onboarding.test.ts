import { faultMatrix, representative } from './matrix.js';

faultMatrix({ title: 'onboarding', lanes: 3, breaking: false, choose: representative });
