import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createLog } from '../src/log/log.js';
import { parseSchedule } from '../src/triggers/schedule.js';
import { fileScheduleStore } from '../src/triggers/scheduleStatus.js';
import { startTimer, type TimerListener } from '../src/triggers/timer.js';
import type { AppFunction, LoadedApp, RpcInvocation } from '../src/worker/app.js';
import { InvocationError } from '../src/worker/app.js';
import { JumpingClock } from './jumpingClock.js';

interface Fired {
  readonly at: string;
  readonly input: { ScheduleStatus: { Last: string; Next: string; LastUpdated: string } | null; IsPastDue: boolean };
  readonly retry: RpcInvocation['retryContext'];
}

let dataDir: string;
let fired: Fired[];
const listeners: TimerListener[] = [];
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'timers-'));
  fired = [];
});
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

async function start(
  clock: JumpingClock,
  schedule: string,
  options: {
    trigger?: Record<string, unknown>;
    retry?: AppFunction['metadata']['retryOptions'];
    fails?: () => boolean;
    run?: () => Promise<void>;
  } = {},
): Promise<TimerListener> {
  const bindings = { timer: { type: 'timerTrigger', direction: 'in' as const, schedule, ...options.trigger } };
  const metadata = { name: 'tick', bindings, ...(options.retry === undefined ? {} : { retryOptions: options.retry }) };
  const fn: AppFunction = { name: 'tick', triggerType: 'timerTrigger', triggerName: 'timer', bindings, metadata };
  const app: LoadedApp = {
    functions: new Map([['tick', fn]]),
    find: () => fn,
    close: () => Promise.resolve(),
    invoke: async (_, invocation) => {
      const input = JSON.parse(invocation.inputData[0]?.data.json ?? 'null') as Fired['input'];
      fired.push({ at: clock.now().toISOString(), input, retry: invocation.retryContext });
      await options.run?.();
      if (options.fails?.() === true)
        throw new InvocationError({ name: 'Error', message: 'no', isUserException: true });
      return { outputData: [] };
    },
  };
  const log = createLog({ rules: {}, sink: () => undefined });
  const listener = await startTimer({
    app,
    fn,
    schedule: parseSchedule(schedule),
    store: fileScheduleStore(dataDir),
    clock,
    log,
  });
  listeners.push(listener);
  return listener;
}

const times = (): string[] => fired.map(({ at }) => at.slice(0, 19));

describe('a timer', () => {
  it('fires at its occurrences, and gives the function the last and the next one', async () => {
    const clock = new JumpingClock('2026-01-01T00:00:10Z');
    await start(clock, '0 * * * * *');
    await clock.jumpTo('2026-01-01T00:02:30Z');

    expect(times()).toEqual(['2026-01-01T00:01:00', '2026-01-01T00:02:00']);
    expect(fired[0]?.input).toEqual({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: {
        Last: '0001-01-01T00:00:00+00:00',
        Next: '2026-01-01T00:01:00+00:00',
        LastUpdated: '0001-01-01T00:00:00+00:00',
      },
      IsPastDue: false,
    });
    expect(fired[1]?.input.ScheduleStatus).toMatchObject({
      Last: '2026-01-01T00:01:00+00:00',
      Next: '2026-01-01T00:02:00+00:00',
    });
  });

  it('that fires slightly early counts the next occurrence from the due time, so that none repeats', async () => {
    const clock = new JumpingClock('2026-01-01T00:00:10Z', 400);
    await start(clock, '0 * * * * *');
    await clock.jumpTo('2026-01-01T00:02:30Z');
    expect(fired.map(({ at }) => at)).toEqual(['2026-01-01T00:00:59.600Z', '2026-01-01T00:01:59.600Z']);
    expect(fired[1]?.input.ScheduleStatus).toMatchObject({ Last: '2026-01-01T00:01:00+00:00' });
  });

  it('that missed occurrences while the host was down fires once at start, as past due', async () => {
    const clock = new JumpingClock('2026-01-01T00:00:10Z');
    const first = await start(clock, '0 0 * * * *');
    await clock.jumpTo('2026-01-01T01:30:00Z');
    await first.stop();
    const later = new JumpingClock('2026-01-01T05:20:00Z');

    await start(later, '0 0 * * * *');
    await later.jumpTo('2026-01-01T06:10:00Z');

    expect(times()).toEqual(['2026-01-01T01:00:00', '2026-01-01T05:20:00', '2026-01-01T06:00:00']);
    expect(fired.map(({ input }) => input.IsPastDue)).toEqual([false, true, false]);
    expect(fired[1]?.input.ScheduleStatus).toMatchObject({
      Last: '2026-01-01T01:00:00+00:00',
      Next: '2026-01-01T02:00:00+00:00',
    });
  });

  it('that has never fired is past due too, because its first status is saved at once', async () => {
    const clock = new JumpingClock('2026-01-01T00:00:10Z');
    await (await start(clock, '0 0 * * * *')).stop();
    const later = new JumpingClock('2026-01-01T02:00:01Z');

    await start(later, '0 0 * * * *');
    await later.jumpTo('2026-01-01T02:00:02Z');

    expect(fired.map(({ input }) => input.IsPastDue)).toEqual([true]);
  });

  it('whose schedule has changed is not past due', async () => {
    const clock = new JumpingClock('2026-01-01T00:00:10Z');
    await (await start(clock, '0 0 * * * *')).stop();
    const later = new JumpingClock('2026-01-01T02:30:00Z');

    await start(later, '0 45 * * * *');
    await later.jumpTo('2026-01-01T02:46:00Z');

    expect(times()).toEqual(['2026-01-01T02:45:00']);
    expect(fired[0]?.input.IsPastDue).toBe(false);
  });

  it.each([
    ['that is not monitored', '0 0 * * * *', { useMonitor: false }],
    ['of less than a minute', '*/30 * * * * *', {}],
  ])('%s keeps no status and is never past due', async (_, schedule, trigger) => {
    const clock = new JumpingClock('2026-01-01T00:00:10Z');
    await (await start(clock, schedule, { trigger })).stop();
    await expect(readFile(path.join(dataDir, 'timers', 'tick.json'))).rejects.toThrow(/ENOENT/);

    const later = new JumpingClock('2026-01-01T05:59:50Z');
    await start(later, schedule, { trigger });
    await later.jumpTo('2026-01-01T06:00:00Z');

    expect(times()).toEqual(['2026-01-01T06:00:00']);
    expect(fired[0]?.input).toMatchObject({ ScheduleStatus: null, IsPastDue: false });
  });

  it('with runOnStartup fires at each start, and then by its schedule', async () => {
    const clock = new JumpingClock('2026-01-01T00:00:10Z');
    await start(clock, '0 0 * * * *', { trigger: { runOnStartup: true } });
    await clock.jumpTo('2026-01-01T01:00:00Z');
    expect(times()).toEqual(['2026-01-01T00:00:10', '2026-01-01T01:00:00']);
  });

  it('does not overlap itself: a long invocation skips the occurrences in the meantime', async () => {
    const clock = new JumpingClock('2026-01-01T00:00:00Z');
    const pause = (): Promise<void> =>
      new Promise((resolve) => {
        clock.setTimer(new Date(clock.now().getTime() + 150_000), resolve);
      });

    await start(clock, '0 * * * * *', { run: () => (fired.length === 1 ? pause() : Promise.resolve()) });
    await clock.jumpTo('2026-01-01T00:05:00Z');

    // What it covered comes once, as soon as it has ended.
    expect(times()).toEqual([
      '2026-01-01T00:01:00',
      '2026-01-01T00:03:30',
      '2026-01-01T00:04:00',
      '2026-01-01T00:05:00',
    ]);
  });

  it('continues after a failure, and retries it by its policy', async () => {
    const clock = new JumpingClock('2026-01-01T00:00:00Z');
    const retry = { retryStrategy: 'fixedDelay', maxRetryCount: 2, delayInterval: { seconds: 5 } };

    await start(clock, '0 * * * * *', { retry, fails: () => true });
    await clock.jumpTo('2026-01-01T00:02:00Z');

    expect(times()).toEqual([
      '2026-01-01T00:01:00',
      '2026-01-01T00:01:05',
      '2026-01-01T00:01:10',
      '2026-01-01T00:02:00',
    ]);
    expect(fired.map(({ retry: context }) => context?.retryCount)).toEqual([0, 1, 2, 0]);
    const exception = fired[1]?.retry?.exception;
    expect(exception?.source).toBe('System.Private.CoreLib');
    expect(exception?.message).toMatch(
      /^Microsoft.Azure.WebJobs.Host.FunctionInvocationException : Exception while executing function: Functions.tick ---> .*RpcException : Result: Failure\nException: no\nStack: Error: no\n {4}at /,
    );
  });

  it('can be run by hand without a change of its schedule', async () => {
    const clock = new JumpingClock('2026-01-01T00:00:10Z');
    const listener = await start(clock, '0 0 1 1 *');

    await listener.runNow();

    expect(fired[0]?.input.ScheduleStatus).toMatchObject({
      Last: '0001-01-01T00:00:00+00:00',
      LastUpdated: '2026-01-01T00:00:10+00:00',
    });
    expect(clock.due?.toISOString()).toBe('2027-01-01T00:00:00.000Z');
  });

  it('that is stopped does not fire', async () => {
    const clock = new JumpingClock('2026-01-01T00:00:10Z');
    await (await start(clock, '0 * * * * *')).stop();
    await clock.jumpTo('2026-01-01T01:00:00Z');
    expect(fired).toEqual([]);
  });
});
