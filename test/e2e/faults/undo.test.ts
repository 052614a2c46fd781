import { faultMatrix, thinned } from './matrix.js';

faultMatrix({ title: 'undo', lanes: 1, breaking: true, choose: thinned });
