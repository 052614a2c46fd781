import { faultMatrix, representative } from './matrix.js';

faultMatrix({ title: 'undo', lanes: 2, breaking: true, choose: representative });
