import { describe } from 'vitest';
import { faultMatrix, thinned } from './matrix.js';

describe('a token that was there before, with a password of others', () => {
  faultMatrix({ title: 'undo on an adopted token', lanes: 1, breaking: true, adopting: true, choose: thinned });
});
