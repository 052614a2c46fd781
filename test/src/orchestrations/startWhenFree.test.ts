import { describe, expect, test } from 'vitest';
import { startRunWhenFree } from '../../../src/activities/startRunWhenFree.js';
import type { OperationOutcome } from '../../../src/domain/operation.js';
import { ONBOARD } from '../../../src/domain/run.js';
import type { WaitingRun } from '../../../src/domain/waitingRun.js';
import { startWhenFree } from '../../../src/orchestrations/startWhenFree.js';
import type { StartResult } from '../../../src/ports/runs.js';
import { FakeDurableContext } from '../fakes/durableContext.js';
import { onboardingRun, RUN } from '../fakes/requests.js';

const INSTANCE = 'myregistry-edge-sensor-0123456789abcdef';
const STARTED = { kind: 'running', id: `${INSTANCE}.${RUN}`, attached: false } as const;
const BUSY = { kind: 'conflict', id: `${INSTANCE}.other`, runningKind: 'rotate' } as const;

/** Plays the orchestration over the real activity; `results` are what successive starts find. */
function waitWith(results: readonly StartResult[], preempts = true) {
  const input: WaitingRun = { ...onboardingRun(), kind: ONBOARD, preempts };
  const cancelled: unknown[] = [];
  let starts = 0;
  const context = new FakeDurableContext(input, ({ input: order }) => {
    const result = results[Math.min(starts, results.length - 1)];
    starts += 1;
    if (!result) throw new Error('no result was given');
    return startRunWhenFree(order as Parameters<typeof startRunWhenFree>[0], {
      start: async () => result,
      startWhenFree: async () => result,
      revoke: async () => result,
      present: async () => undefined,
      state: async () => 'unknown',
      record: async () => ({}),
      cancel: async (...args) => void cancelled.push(args),
    });
  });
  const play = () => context.run<OperationOutcome>(startWhenFree);
  return { context, play, cancelled, starts: () => starts };
}

describe('a run that waits for its client to be free', () => {
  test('starts at once when it is', async () => {
    const { play, cancelled } = waitWith([STARTED]);
    expect(await play()).toMatchObject({ status: 'completed', startedAs: STARTED.id });
    expect(cancelled).toEqual([]);
  });

  test('that preempts tells the run in the way to end, and starts when it has', async () => {
    const { play, cancelled, context } = waitWith([BUSY, BUSY, STARTED]);
    expect(await play()).toMatchObject({ status: 'completed', startedAs: STARTED.id });
    expect(cancelled[0]).toEqual([{ instance: INSTANCE, run: 'other' }, 'function-key', 'preempted']);
    expect(context.openTimers).toBe(0);
    expect(context.statuses.join()).toContain('has not ended');
  });

  test('that does not preempt leaves the run in the way alone', async () => {
    const { play, cancelled } = waitWith([BUSY, STARTED], false);
    expect(await play()).toMatchObject({ status: 'completed' });
    expect(cancelled).toEqual([]);
  });

  test('tries again when the engine does not answer', async () => {
    expect(await waitWith([{ kind: 'unknown' }, STARTED]).play()).toMatchObject({ startedAs: STARTED.id });
  });

  test('names the run that does the same already', async () => {
    const other = { ...STARTED, id: `${INSTANCE}.same`, attached: true };
    expect(await waitWith([other]).play()).toMatchObject({ status: 'completed', startedAs: other.id });
  });

  test('ends when it is cancelled, with nothing started', async () => {
    const { play, context } = waitWith([BUSY]);
    context.raiseIn(30, `cancel-${RUN}`, { actor: 'Ada', reason: 'cancelled' });
    expect(await play()).toMatchObject({
      status: 'rolledBack',
      failure: { code: 'cancelled', message: 'cancelled by Ada', residue: [] },
    });
    expect(context.openTimers).toBe(0);
  });

  test('looks seldom while it waits long: a week is a short history', async () => {
    const { play, context, starts } = waitWith([BUSY], false);
    context.raiseIn(7 * 24 * 3600, `cancel-${RUN}`, { actor: 'Ada', reason: 'cancelled' });
    await play();
    expect(starts()).toBeLessThan(2100);
  });
});
