import { thinned, writesOnly } from './choices.js';
import { matrixOf, ONBOARDING_INVARIANT, type Subject } from './matrix.js';

const undo: Subject = { title: 'undo', on: (lane) => lane, lane: { breaking: true }, minCalls: 10 };

/** With a token that was there before, which has a password of others. */
const adopted: Subject = {
  ...undo,
  title: 'undo on an adopted token',
  on: (lane) => lane.adoptingTokens(),
  choose: writesOnly,
};

matrixOf([undo, adopted], {
  invariant: ONBOARDING_INVARIANT,
  lanes: 1,
  recordings: 1,
  sharing: true,
  choose: thinned,
});
