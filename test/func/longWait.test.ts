import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ageStorage, storedHistory, type StoredEvent } from '../e2e/harness/agedStorage.js';
import { onboardingOf, type Operation } from '../e2e/harness/appClient.js';
import { pullManifest } from '../e2e/harness/edge.js';
import { PATIENCE } from '../e2e/harness/hostUnderTest.js';
import { LONG_WAITS } from '../e2e/harness/longWaits.js';
import { timersOf } from '../e2e/harness/runHistory.js';
import { startTestStack, type TestStack } from '../e2e/harness/testStack.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let it: TestStack;
beforeAll(async () => {
  it = await startTestStack({
    settings: LONG_WAITS,
  });
});
afterAll(() => it.dispose());

/** A sync a month, at the time of an instant, in a text of always the same length. */
const monthlyAt = (instant: Date): string => {
  const [day, hour, minute] = [instant.getUTCDate(), instant.getUTCHours(), instant.getUTCMinutes()];
  return `${[minute, hour, day].map((part) => String(part).padStart(2, '0')).join(' ')} * *`;
};

const ofType = (events: readonly StoredEvent[], ...types: string[]): StoredEvent[] =>
  events.filter(({ EventType = '' }) => types.includes(EventType));
const ids = (events: readonly StoredEvent[], of: 'EventId' | 'TaskScheduledId' | 'TimerId'): number[] =>
  events.map((event) => event[of] ?? -1).toSorted((one, other) => one - other);

test("a history of eight days continues on Microsoft's host: cancelled in its second timer, the run is undone", async () => {
  const { app, operator } = it;
  const onboarded = await app.end(await app.start(onboardingOf('patient')));
  expect(onboarded).toMatchObject({ status: 'completed' });
  const name = onboarded.result?.secret.name ?? '';
  const before = await operator.login(name);
  let sync = new Date(Date.now() + 9 * DAY);
  await operator.scheduleSyncs(monthlyAt(sync));
  // What the app has read of the connected registry is remembered for a while.
  await it.whileHostRests((folder) => ageStorage(folder, HOUR));
  /** Lets what the host has stored become older, and with it the schedule by which the run waits. */
  const age = async (by: number): Promise<void> => {
    const earlier = new Date(sync.getTime() - by);
    await it.whileHostRests((folder) => ageStorage(folder, by, { [monthlyAt(sync)]: monthlyAt(earlier) }));
    sync = earlier;
  };

  const id = await app.rotate('patient');
  const instance = id.slice(0, id.lastIndexOf('.'));
  const waits = ({ steps, status }: Operation) =>
    status !== 'running' || steps.some((step) => step.status === 'waiting');
  const { steps } = await app.watch(id, waits);
  expect(steps.at(-1)).toMatchObject({
    name: 'awaitSync',
    message: expect.stringContaining(`looking at ${sync.toISOString().slice(0, 10)}`),
  });
  const timers = async (): Promise<number> => (await timersOf(it, instance)).length;
  const seeTimers = (count: number): Promise<void> =>
    vi.waitFor(async () => expect(await timers()).toBe(count), { timeout: PATIENCE * 1000, interval: 200 });
  await seeTimers(1);
  // The first piece has fired, on the fifth day; the second one is pending on the eighth.
  await age(5 * DAY);
  await seeTimers(2);
  await age(3 * DAY);

  expect(await app.operation(id)).toMatchObject({ status: 'running', phase: 'sync' });
  expect((await app.post({}, `operations/${id}/cancel`)).status).toBe(202);
  expect(await app.end(id)).toMatchObject({ status: 'rolledBack', failure: { code: 'cancelled', residue: [] } });

  // What the run has made is gone, and what it found is as it was.
  expect(await operator.secretNames()).not.toContain(`${name}-candidate`);
  const { credentials } = await operator.token(onboarded.result?.token ?? '');
  expect(credentials?.passwords?.map((password) => password.name)).toEqual([onboarded.result?.secret.slot]);
  expect(await operator.login(name)).toEqual(before);
  expect(await pullManifest(before, 'hello-world')).toMatchObject({ status: 200 });

  let history: StoredEvent[] = [];
  await it.whileHostRests((folder) => (history = storedHistory(folder, instance)));
  expect(Date.now() - Date.parse(history[0]?._Timestamp ?? '')).toBeGreaterThan(8 * DAY);
  const made = ofType(history, 'TimerCreated');
  for (const { _Timestamp = '', FireAt = '' } of made)
    expect(Date.parse(FireAt) - Date.parse(_Timestamp)).toBeLessThanOrEqual(5 * DAY);
  // Every task has the next id, and every answer belongs to a task of its kind: nothing was shifted.
  const tasks = ofType(history, 'TaskScheduled');
  const asked = ofType(
    history,
    'TaskScheduled',
    'TimerCreated',
    'SubOrchestrationInstanceCreated',
    'EventSent',
    'ExecutionCompleted',
  );
  expect(ids(asked, 'EventId')).toEqual(asked.map((_, index) => index));
  expect(ids(ofType(history, 'TaskCompleted', 'TaskFailed'), 'TaskScheduledId')).toEqual(ids(tasks, 'EventId'));
  const created = new Set(ids(made, 'EventId'));
  for (const { TimerId = -1 } of ofType(history, 'TimerFired')) expect(created).toContain(TimerId);
});
