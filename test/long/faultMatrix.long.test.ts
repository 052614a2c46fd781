import { describe } from 'vitest';
import { all } from '../e2e/faults/choices.js';
import { faultMatrix } from '../e2e/faults/matrix.js';

describe('every call of an onboarding, times every fault', () => {
  faultMatrix({ title: 'onboarding', lanes: 4, breaking: false, choose: all });
});

describe('every call of an undo, times every fault', () => {
  faultMatrix({ title: 'undo', lanes: 3, breaking: true, choose: all });
});

describe('a token that was there before, with a password of others', () => {
  const adopted = { lanes: 3, adopting: true, choose: all };
  faultMatrix({ title: 'onboarding with an adopted token', breaking: false, ...adopted });
  faultMatrix({ title: 'undo on an adopted token', breaking: true, ...adopted });
});
