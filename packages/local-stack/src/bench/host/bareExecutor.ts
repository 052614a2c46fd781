/**
 * The lower bound: the durable-functions executor in a loop, with the minimum that any engine must do around it. Each
 * turn gets its whole history as the text that the protocol requires; nothing is stored, logged, queued or checked.
 */
import { createRequire } from 'node:module';

interface Answer {
  isDone: boolean;
  actions: { input?: unknown }[][];
}
type Executor = (trigger: unknown, context: object) => Promise<Answer>;
type Orchestrator = (context: {
  df: { callActivity(name: string, input: unknown): unknown };
}) => Generator<unknown, unknown>;

// The SDK's function that makes a handler of a generator; apps reach it only through `df.app.orchestration`.
const { createOrchestrator } = createRequire(import.meta.url)('durable-functions/lib/src/util/testingUtils') as {
  createOrchestrator: (orchestrator: Orchestrator) => Executor;
};

const execute = createOrchestrator(function* (context) {
  for (let step = 0; step < 5; step += 1) yield context.df.callActivity('nothing', { step });
  return 'five';
});

/** The other fields of a trigger's value. */
const binding = {
  input: null,
  isReplaying: false,
  parentInstanceId: null,
  upperSchemaVersion: 1,
  upperSchemaVersionNew: 3,
  longRunningTimerIntervalDuration: '3.00:00:00',
  maximumShortTimerDuration: '6.00:00:00',
  defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
};

const nothing = (input: unknown): Promise<unknown> => Promise.resolve({ done: true, of: input });

/** Orchestrations of five activities per second, one at a time. */
export async function bareExecutorRate(count: number): Promise<number> {
  await runMany(Math.ceil(count / 10));
  const began = performance.now();
  await runMany(count);
  return (count * 1000) / (performance.now() - began);
}

async function runMany(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await runOne(`bare-${index}`);
}

async function runOne(instanceId: string): Promise<void> {
  const mark = (EventType: number): object => ({ EventType, EventId: -1, IsPlayed: false, Timestamp: new Date() });
  const history: object[] = [mark(12), { ...mark(0), Name: 'five', Input: null }];
  for (let task = 0; ; task += 1) {
    const text = JSON.stringify({ ...binding, history, instanceId });
    const trigger: unknown = JSON.parse(text, (key, value: unknown) =>
      key === 'Timestamp' ? new Date(String(value)) : value,
    );
    const { isDone, actions } = await execute(trigger, {});
    if (isDone) return;
    const input = actions.flat()[task]?.input;
    const Result = JSON.stringify(await nothing(JSON.parse(JSON.stringify(input))));
    history.push({ ...mark(4), EventId: task, Name: 'nothing' }, mark(13), mark(12), {
      ...mark(5),
      TaskScheduledId: task,
      Result,
    });
  }
}
