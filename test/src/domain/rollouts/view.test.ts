import { expect, test } from 'vitest';
import { rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import { NO_CONTROL } from '../../../../src/domain/rollouts/control.js';
import { NO_ROWS } from '../../../../src/domain/rollouts/row.js';
import type { ControlState } from '../../../../src/domain/rollouts/controlState.js';
import { rolloutView } from '../../../../src/domain/rollouts/view.js';
import { at, planOf } from './planOf.js';

const plan = planOf(1000, 60);
const started: ControlState = {
  ...NO_CONTROL,
  plan,
  status: 'running',
  counts: { ...NO_ROWS, waiting: 1000 },
  activeSince: at(0).toISOString(),
};

test('without samples the time left is the floor and the pauses, and there is no rate and no ratio', () => {
  const view = rolloutView(started, at(5));
  expect(rollout.parse(view)).toEqual(view);
  expect(view).toMatchObject({
    secondsLeft: 140,
    wave: { current: 1, of: 2, rows: 500, first: 500, size: 500 },
    floor: { seconds: 0 },
  });
  expect(view).not.toHaveProperty('ratePerMinute');
  expect(view.floor).not.toHaveProperty('ratio');
});

test('with samples the time left follows the observed rate', () => {
  const samples = [
    { at: at(0).toISOString(), ended: 0 },
    { at: at(50).toISOString(), ended: 500 },
  ];
  const counts = { ...NO_ROWS, completed: 500, waiting: 500 };
  const view = rolloutView({ ...started, counts, samples, wave: 1 }, at(50));
  expect(view).toMatchObject({ ratePerMinute: 600, secondsLeft: 50, floor: { seconds: 30, ratio: 1.67 } });
  expect(view.writes).toEqual({ needed: 1000, done: 500 });
});

test('before there is a rate, the time left is unknown if the first burst can serve all rows', () => {
  const few = { ...plan, rows: 10, subscriptions: plan.subscriptions.map(({ id }) => ({ id, rows: 10 })) };
  const view = rolloutView({ ...started, plan: few, counts: { ...NO_ROWS, waiting: 10 } }, at(5));
  expect(view).not.toHaveProperty('secondsLeft');
});

test('nobody can know when a paused rollout ends', () => {
  expect(rolloutView({ ...started, status: 'paused', reason: 'operator' }, at(5))).not.toHaveProperty('secondsLeft');
});

test('a planned rollout shows the time that it would take, pauses included, and no writes', () => {
  const counts = { ...NO_ROWS, planned: 1000 };
  const view = rolloutView({ ...started, plan: { ...plan, dryRun: true }, counts, status: 'completed' }, at(5));
  expect(view).toMatchObject({ secondsLeft: 140, writes: { needed: 1000, done: 0 }, floor: { seconds: 0 } });
});
