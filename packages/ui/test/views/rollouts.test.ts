import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import { describe, expect, test } from 'vitest';
import {
  clientParts,
  countsText,
  ended,
  floorText,
  leftText,
  rateText,
} from '../../src/views/rollouts/rolloutFigures.js';
import { wavesAround, wavesOf } from '../../src/views/rollouts/waves.js';
import { ROLLOUT } from '../fakes/samples.js';

const shown = (rollout: Rollout) => wavesOf(rollout)?.map(({ rows, ended: done }) => `${done}/${rows}`);
const NONE = { waiting: 0, running: 0, completed: 0, failed: 0, cancelled: 0, planned: 0 };

describe('waves', () => {
  test('of before are complete, the one in progress has the rest, later ones have none', () => {
    expect(shown(ROLLOUT)).toEqual(['5/5', '5/12', '0/8']);
  });

  test('have all their clients at the end', () => {
    const counts = { ...NONE, completed: 25 };
    expect(shown({ ...ROLLOUT, counts, wave: { ...ROLLOUT.wave, current: 3 } })).toEqual(['5/5', '12/12', '8/8']);
  });

  test('may be one', () => {
    const wave = { current: 1, of: 1, rows: 25, first: 25, size: 500 };
    expect(shown({ ...ROLLOUT, wave })).toEqual(['10/25']);
  });

  test('show no progress beyond the one in progress, also if more have ended than it has', () => {
    const wave = { ...ROLLOUT.wave, current: 1 };
    expect(shown({ ...ROLLOUT, wave })).toEqual(['5/5', '0/12', '0/8']);
  });

  test('are not known of an app that does not say how large they are', () => {
    expect(wavesOf({ ...ROLLOUT, wave: { current: 2, of: 3, rows: 12 } })).toBeUndefined();
  });

  test.each([
    [1, 1, 12],
    [5, 1, 12],
    [50, 46, 57],
    [100, 89, 100],
  ])('around wave %d of a hundred are %d to %d', (current, first, last) => {
    const all = Array.from({ length: 100 }, (_, index) => ({ number: index + 1, rows: 1, ended: 0 }));
    const around = wavesAround(all, current).map(({ number }) => number);
    expect([around[0], around.at(-1), around.includes(current)]).toEqual([first, last, true]);
  });

  test('that are few are all shown', () => {
    expect(wavesAround(wavesOf(ROLLOUT) ?? [], 2)).toHaveLength(3);
  });
});

describe('figures', () => {
  test('count who has ended in any way', () => {
    expect(ended(ROLLOUT)).toBe(10);
    expect(ended({ counts: { ...NONE, planned: 4 } })).toBe(4);
  });

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
