import { describe } from 'vitest';
import { faultMatrix } from '../e2e/faults/matrix.js';
import type { Trial } from '../e2e/faults/trials.js';

describe('every call of an onboarding, times every fault', () => {
  faultMatrix({ title: 'onboarding', lanes: 4, breaking: false, choose: (trials) => trials });
});

describe('every call of an undo, times every fault', () => {
  faultMatrix({ title: 'undo', lanes: 3, breaking: true, choose: (trials) => trials });
});

describe('a token that was there before, with a password of others', () => {
  const all = { lanes: 3, adopting: true, choose: (trials: readonly Trial[]) => trials };
  faultMatrix({ title: 'onboarding with an adopted token', breaking: false, ...all });
  faultMatrix({ title: 'undo on an adopted token', breaking: true, ...all });
});
