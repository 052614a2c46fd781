import { describe, expect, test } from 'vitest';
import type { FlowLimits } from '../../../../src/domain/operations/flowLimits.js';
import { awaitTurn, done, failed, retryLater } from '../../../../src/domain/operations/stepOutcome.js';
import { beginRun } from '../../../../src/orchestrations/run/runContext.js';
import { FakeDurableContext } from '../../fakes/durable/durableContext.js';
import { config } from '../../fakes/answers/requests.js';

/** Runs one step against scripted answers, and tells at which second each try was made. */
async function tries(answer: (nth: number) => unknown, limits: Partial<FlowLimits> = {}) {
  let count = 0;
  const context = new FakeDurableContext({}, () => answer((count += 1)));
  const start = context.now.getTime();
  const result = await context
    .run(function* (orchestration) {
      const all = { ...config().limits, ...limits };
      const run = beginRun(orchestration, {}, { run: 'run', actor: 'function-key', limits: all });
      const input = { registry: 'myregistry', connectedRegistry: 'edge1' };
      const value = yield* run.step('awaitSync', () => run.activities.readSync(input));
      return { value, steps: run.log.steps };
    })
    .catch((error: unknown) => ({ error: error as Error & { code?: string } }));
  return { result, seconds: context.calls.map(({ at }) => (at.getTime() - start) / 1000), context };
}
const busy = () => retryLater('busy');

describe('a step', () => {
  test('passes its input to the activity of its name, and the value to the flow', async () => {
    const { result, context } = await tries(() => done({ schedule: 'x' }));
    expect(result).toMatchObject({
      value: { schedule: 'x' },
      steps: [{ name: 'awaitSync', status: 'completed', attempts: 1 }],
    });
    expect(context.calls[0]).toMatchObject({ name: 'readSync', input: { connectedRegistry: 'edge1' } });
  });

  test('waits twice as long each time, up to the maximum pause', async () => {
    const { seconds } = await tries((nth) => (nth < 9 ? busy() : done({})));
    expect(seconds).toEqual([0, 2, 6, 14, 30, 62, 122, 182, 242]);
  });

  test('waits as long as the service asks, plus a second because timers may be early', async () => {
    const { seconds } = await tries((nth) => (nth === 1 ? retryLater('throttled', 17) : done({})));
    expect(seconds).toEqual([0, 18]);
  });

  test('shows why it waits and how often it tried, until it is done', async () => {
    const { context, result } = await tries((nth) => (nth < 3 ? busy() : done({})));
    expect(context.statuses.some((status) => status.includes('"waiting"') && status.includes('busy'))).toBe(true);
    expect(result).toMatchObject({ steps: [{ status: 'completed', attempts: 3 }] });
    expect(JSON.stringify(result)).not.toContain('busy');
  });

  test('ignores a result of another activity, which the engine may return after a crash, and repeats its call', async () => {
    const stray = { ...done({ promoted: true }), activity: 'promote' };
    const own = { ...done({ schedule: 'x' }), activity: 'readSync' };
    const { result, seconds } = await tries((nth) => (nth === 1 ? stray : own));
    expect(result).toMatchObject({ value: { schedule: 'x' }, steps: [{ status: 'completed', attempts: 2 }] });
    expect(seconds).toEqual([0, 1]);
  });

  test.each([undefined, null, 'text', { schedule: 'x' }])(
    'repeats its call if the engine returns %j, which is not an outcome',
    async (stray) => {
      const { result } = await tries((nth) => (nth === 1 ? stray : done({ schedule: 'x' })));
      expect(result).toMatchObject({ value: { schedule: 'x' }, steps: [{ status: 'completed', attempts: 2 }] });
    },
  );

  test('fails at once with the code of its failure', async () => {
    const { result, seconds } = await tries(() => failed('token-changed', 'a message'));
    expect(result).toMatchObject({ error: { name: 'StepFailed', code: 'token-changed', message: 'a message' } });
    expect(seconds).toEqual([0]);
  });

  test('fails at its deadline with the last reason, and does not try after it', async () => {
    const { result, seconds } = await tries(busy, { stepDeadlineSeconds: 100 });
    expect(result).toMatchObject({
      error: { code: 'step-deadline', message: expect.stringContaining('busy') as string },
    });
    expect(Math.max(...seconds)).toBeLessThanOrEqual(100);
    expect(Math.max(...seconds)).toBeGreaterThan(40);
  });

  test('fails at once if the service asks it to wait beyond the deadline', async () => {
    const { result, seconds } = await tries(() => retryLater('throttled', 4000));
    expect([seconds, result]).toMatchObject([[0], { error: { code: 'step-deadline' } }]);
  });

  test('waits for its turn exactly as long as the outcome says, and the wait counts as no attempt', async () => {
    const { result, seconds } = await tries((nth) => (nth < 3 ? awaitTurn('the rate is used up', 250) : done({})));
    expect(seconds).toEqual([0, 250, 500]);
    expect(result).toMatchObject({ steps: [{ status: 'completed', attempts: 1 }] });
  });

  test('does not fail while it waits for its turn, and what it waits for otherwise counts against its deadline', async () => {
    const answer = (nth: number) => (nth % 2 === 1 ? awaitTurn('the rate is used up', 2000) : retryLater('busy', 39));
    const { result, seconds } = await tries(answer, { stepDeadlineSeconds: 100 });
    expect(seconds).toEqual([0, 2000, 2040, 4040, 4080, 6080]);
    expect(result).toMatchObject({ error: { code: 'step-deadline', message: 'given up after 100 s; last: busy' } });
  });

  test('gives up after a day of waits for its turn', async () => {
    const { result, seconds } = await tries(() => awaitTurn('the rate is used up', 8 * 3600));
    expect(seconds).toEqual([0, 8, 16, 24].map((hours) => hours * 3600));
    expect(result).toMatchObject({ error: { code: 'step-deadline' } });
  });

  test('waits longer each time for a busy service that names no time', async () => {
    const { seconds } = await tries((nth) => (nth < 3 ? awaitTurn('throttled') : done({})));
    expect(seconds).toEqual([0, 2, 4]);
  });

  test('is retried a limited number of times after a crash, and does not quote its message', async () => {
    const crash = () => {
      throw new Error('the password is top-secret');
    };

    const { result, seconds, context } = await tries(crash);

    expect(seconds).toHaveLength(5);
    expect(result).toMatchObject({ error: { code: 'internal' } });
    expect(JSON.stringify([result, context.statuses])).not.toContain('top-secret');
    expect(await tries((nth) => (nth < 3 ? crash() : done({})))).toMatchObject({
      result: { steps: [{ attempts: 3 }] },
    });
  });

  test('leaves no timer behind', async () => {
    const { context } = await tries((nth) => (nth < 4 ? busy() : done({})));
    expect(context.openTimers).toBe(0);
  });
});
