import { thinned } from './choices.js';
import { faultMatrix } from './matrix.js';

faultMatrix({ title: 'undo', lanes: 1, breaking: true, recordings: 1, choose: thinned });
