import { CLIENT_STATES, DIFFERENCE_CODES } from '@connected-registry/protocol/answers/clientAnswers';
import { expect, test } from 'vitest';
import { DIFFERENCE_TEXTS, STATE_ADVICE } from '../../../src/views/client/differenceTexts.js';

test.each(DIFFERENCE_CODES)('%s has a meaning and an advice of one or two sentences', (code) => {
  const { meaning, advice } = DIFFERENCE_TEXTS[code];
  expect(meaning).toMatch(/^[A-Z][^\n]+\.$/);
  expect(advice).toMatch(/^[A-Z][^\n]+\.$/);
});

test('every state in which something is to be done says what', () => {
  const silent = CLIENT_STATES.filter((state) => STATE_ADVICE[state] === undefined);
  // The differences of a client that has drifted say more.
  expect(silent).toEqual(['drifted', 'ok']);
});
