import { describe, expect, test } from 'vitest';
import { clientParts, countsText, floorText, leftText, rateText } from '../../src/views/rollouts/rolloutFigures.js';
import { ROLLOUT } from '../fakes/samples.js';

const NONE = { waiting: 0, running: 0, completed: 0, failed: 0, cancelled: 0, planned: 0 };

describe('figures', () => {
  test('say what there is of each state', () => {
    expect(countsText(ROLLOUT)).toBe('8 completed, 1 failed, 1 cancelled, 2 running, 13 waiting');
    expect(countsText({ counts: NONE })).toBe('no clients');
  });

  test('have a part of the bar for each state but those that wait', () => {
    expect(clientParts(ROLLOUT)).toEqual([
      { size: 8, tone: 'good' },
      { size: 1, tone: 'bad' },
      { size: 1, tone: 'quiet' },
      { size: 2, tone: 'busy' },
    ]);
  });

  test('that are unknown are called unknown', () => {
    expect([rateText(ROLLOUT), leftText(ROLLOUT), floorText(ROLLOUT)]).toEqual([
      'not known yet',
      'unknown',
      'not known yet',
    ]);
    expect([rateText({ endedAt: ROLLOUT.requestedAt }), leftText({ endedAt: ROLLOUT.requestedAt })]).toEqual([
      'not known',
      'ended',
    ]);
  });

  test('are rounded', () => {
    expect(rateText({ ratePerMinute: 12.3456 })).toBe('12.3 a minute');
    expect(leftText({ secondsLeft: 4470 })).toBe('about 1 h 14 min');
    expect(floorText({ floor: { seconds: 12, ratio: 1.3 } })).toBe('1.30 ×');
  });
});
