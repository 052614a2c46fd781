import type { OrchestrationContext, Task } from 'durable-functions';
import { describe, expect, test } from 'vitest';
import { cancelEventName } from '../../../../src/domain/operations/cancelEvent.js';
import { Cancellation } from '../../../../src/orchestrations/run/cancellation.js';
import { durableWait } from '../../../../src/orchestrations/run/durableWait.js';
import { later, StepFailed } from '../../../../src/orchestrations/run/flow.js';
import { FakeDurableContext } from '../../fakes/durable/durableContext.js';

const DAY = 24 * 3600;

/** Waits for so many days, and tells after how many it ended and by how many timers. */
async function wait(days: number, options: { cancellable?: boolean; eventOn?: number; cancelOn?: number } = {}) {
  const context = new FakeDurableContext({}, () => undefined);
  const began = context.now.getTime();
  const lengths: number[] = [];
  if (options.eventOn !== undefined) context.raiseIn(options.eventOn * DAY, 'go', 1);
  if (options.cancelOn !== undefined) context.raiseIn(options.cancelOn * DAY, cancelEventName('run'), {});
  const flow = function* (orchestration: OrchestrationContext): Generator<Task, string, unknown> {
    const { df } = orchestration;
    const createTimer = df.createTimer.bind(df);
    df.createTimer = (fireAt) => {
      lengths.push((fireAt.getTime() - df.currentUtcDateTime.getTime()) / 1000 / DAY);
      return createTimer(fireAt);
    };
    const cancellation = options.cancellable ? new Cancellation(orchestration, 'run') : undefined;
    const events = options.eventOn === undefined ? [] : [df.waitForExternalEvent('go')];
    try {
      yield* durableWait(orchestration, later(orchestration, days * DAY), events, cancellation);
      return events.some(({ isCompleted }) => isCompleted) ? 'event' : 'time';
    } catch (error) {
      if (error instanceof StepFailed) return error.code;
      throw error;
    }
  };
  const end = await context.run(flow);
  return { end, after: (context.now.getTime() - began) / 1000 / DAY, lengths, openTimers: context.openTimers };
}

describe('a durable wait', () => {
  test.each([
    [0, [0]],
    [5, [5]],
    [5.5, [5, 0.5]],
    [9, [5, 4]],
    [30, [5, 5, 5, 5, 5, 5]],
    [31, [5, 5, 5, 5, 5, 5, 1]],
  ])('of %s days consists of pieces of at most five', async (days, lengths) => {
    for (const cancellable of [false, true])
      expect(await wait(days, { cancellable })).toEqual({ end: 'time', after: days, lengths, openTimers: 0 });
  });

  test('ends with its event, in whichever piece it comes', async () => {
    for (const cancellable of [false, true])
      for (const eventOn of [1, 7, 12])
        expect(await wait(14, { cancellable, eventOn })).toMatchObject({
          end: 'event',
          after: eventOn,
          openTimers: 0,
        });
  });

  test('ends with a cancel, in whichever piece it comes', async () => {
    for (const cancelOn of [1, 8])
      expect(await wait(9, { cancellable: true, cancelOn })).toMatchObject({
        end: 'cancelled',
        after: cancelOn,
        openTimers: 0,
      });
  });
});
