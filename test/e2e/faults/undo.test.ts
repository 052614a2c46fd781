import { faultMatrix, representative } from './matrix.js';

faultMatrix({ title: 'undo', lanes: 1, breaking: true, choose: representative });
