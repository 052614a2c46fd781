import { describe, expect, test } from 'vitest';
import { startRunWhenFree } from '../../../src/activities/runs/startRunWhenFree.js';
import type { OperationOutcome } from '../../../src/domain/operations/operation.js';
import { ONBOARD } from '../../../src/domain/operations/run.js';
import type { WaitingRun } from '../../../src/domain/operations/waitingRun.js';
import { startWhenFree } from '../../../src/orchestrations/startWhenFree.js';
import type { PresentRun, StartResult } from '../../../src/ports/runs.js';
import { NO_RUNS } from '../fakes/services/runs.js';
import { FakeDurableContext } from '../fakes/durable/durableContext.js';
import { onboardingRun, RUN } from '../fakes/answers/requests.js';

const INSTANCE = 'myregistry-edge-sensor-0123456789abcdef';
const STARTED = { kind: 'running', id: `${INSTANCE}.${RUN}`, attached: false } as const;
const BUSY = { kind: 'conflict', id: `${INSTANCE}.other`, runningKind: 'rotate' } as const;

/** Plays the orchestration over the real activity; `results` are what successive starts find. */
function waitWith(results: readonly StartResult[], preempts = true, last?: PresentRun) {
  const input: WaitingRun = { ...onboardingRun(), kind: ONBOARD, preempts };
  const cancelled: unknown[] = [];
  let starts = 0;
  const context = new FakeDurableContext(input, ({ input: order }) => {
    const result = results[Math.min(starts, results.length - 1)];
    if (!result) throw new Error('no result was given');
    return startRunWhenFree(order as Parameters<typeof startRunWhenFree>[0], {
      ...NO_RUNS,
      start: async () => {
        starts += 1;
        return result;
      },
      startWhenFree: async () => result,
      present: async () => last,
      record: async () => ({}),
      cancel: async (...args) => void cancelled.push(args),
    });
  });
  const play = () => context.run<OperationOutcome>(startWhenFree);
  return { context, play, cancelled, starts: () => starts };
}

describe('a run that waits until its client is free', () => {
  test('starts at once if the client is free', async () => {
    const { play, cancelled } = waitWith([STARTED]);
    expect(await play()).toMatchObject({ status: 'completed', startedAs: STARTED.id });
    expect(cancelled).toEqual([]);
  });

  test('that pre-empts asks the running run to stop, and starts after its end', async () => {
    const { play, cancelled, context } = waitWith([BUSY, BUSY, STARTED]);
    expect(await play()).toMatchObject({ status: 'completed', startedAs: STARTED.id });
    expect(cancelled[0]).toEqual([{ instance: INSTANCE, run: 'other' }, 'function-key', 'preempted']);
    expect(context.openTimers).toBe(0);
    expect(context.statuses.join()).toContain('waiting for operation');
  });

  test('that does not pre-empt does not stop the running run', async () => {
    const { play, cancelled } = waitWith([BUSY, STARTED], false);
    expect(await play()).toMatchObject({ status: 'completed' });
    expect(cancelled).toEqual([]);
  });

  test('tries again if the engine does not answer', async () => {
    expect(await waitWith([{ kind: 'unknown' }, STARTED]).play()).toMatchObject({ startedAs: STARTED.id });
  });

  test('returns the run that already does the same', async () => {
    const other = { ...STARTED, id: `${INSTANCE}.same`, attached: true };
    expect(await waitWith([other]).play()).toMatchObject({ status: 'completed', startedAs: other.id });
  });

  describe('and that another request has overtaken', () => {
    const { fingerprint, requestedAt } = onboardingRun();
    const later = new Date(Date.parse(requestedAt) + 60_000).toISOString();
    const operators: PresentRun = {
      id: { instance: INSTANCE, run: 'operators' },
      kind: ONBOARD,
      fingerprint: 'something else',
      requestedAt: later,
      effectiveAt: later,
      hasEnded: true,
      isCompleted: true,
      steps: [],
    };

    test('does not replace what an operator requested since and has received', async () => {
      const { play, starts } = waitWith([STARTED], false, operators);
      const { status, failure } = await play();
      expect([status, failure?.code, starts()]).toEqual(['rolledBack', 'stale-event', 0]);
      expect(failure?.message).toContain(`${INSTANCE}.operators`);
    });

    test('ends as that run if both requests are the same', async () => {
      const { play, starts } = waitWith([STARTED], false, { ...operators, fingerprint });
      expect(await play()).toMatchObject({ status: 'completed', startedAs: `${INSTANCE}.operators` });
      expect(starts()).toBe(0);
    });

    test('starts if that run failed, or was requested before', async () => {
      for (const last of [
        { ...operators, isCompleted: false },
        { ...operators, requestedAt: '2020-01-01T00:00:00.000Z' },
      ])
        expect(await waitWith([STARTED], false, last).play()).toMatchObject({ startedAs: STARTED.id });
    });

    test('starts if that was a rotation, which does not fulfil it', async () => {
      const rotation = { ...operators, kind: 'rotate' };
      expect(await waitWith([STARTED], false, rotation).play()).toMatchObject({ startedAs: STARTED.id });
    });

    test('starts if it pre-empts, because an operator’s request to offboard still applies', async () => {
      expect(await waitWith([STARTED], true, operators).play()).toMatchObject({ startedAs: STARTED.id });
    });
  });

  test('is not started twice by an activity that is repeated after the run has ended', async () => {
    const own = { ...onboardingRun(), id: { instance: INSTANCE, run: RUN }, kind: ONBOARD, hasEnded: true };
    const last: PresentRun = { ...own, effectiveAt: own.requestedAt, isCompleted: false, steps: [] };
    for (const preempts of [true, false]) {
      const { play, starts } = waitWith([STARTED], preempts, last);
      expect([(await play()).startedAs, starts()]).toEqual([STARTED.id, 0]);
    }
  });

  test('ends when it is cancelled, and starts nothing', async () => {
    const { play, context } = waitWith([BUSY]);
    context.raiseIn(30, `cancel-${RUN}`, { actor: 'Ada', reason: 'cancelled' });

    expect(await play()).toMatchObject({
      status: 'rolledBack',
      failure: { code: 'cancelled', message: 'cancelled by Ada', residue: [] },
    });
    expect(context.openTimers).toBe(0);
  });

  test('polls rarely while it waits long, so that a week is a short history', async () => {
    const { play, context, starts } = waitWith([BUSY], false);
    context.raiseIn(7 * 24 * 3600, `cancel-${RUN}`, { actor: 'Ada', reason: 'cancelled' });
    await play();
    expect(starts()).toBeLessThan(2100);
  });
});
