import { representative } from './choices.js';
import { faultMatrix } from './matrix.js';

faultMatrix({ title: 'onboarding', lanes: 1, breaking: false, choose: representative });
