import { describe } from 'vitest';
import { thinned } from './choices.js';
import { faultMatrix } from './matrix.js';

describe('a token that was there before, with a password of others', () => {
  faultMatrix({
    title: 'undo on an adopted token',
    lanes: 1,
    breaking: true,
    adopting: true,
    recordings: 1,
    choose: thinned,
  });
});
