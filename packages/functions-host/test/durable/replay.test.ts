import { describe, expect, it } from 'vitest';

import { executionStarted, turnMark, type HistoryEvent } from '../../src/durable/history.js';
import { ActionType, type Action } from '../../src/durable/replay/actions.js';
import { replay } from '../../src/durable/replay/replay.js';
import type { ReplayResult } from '../../src/durable/replay/turn.js';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const base = (second: number): { EventId: -1; IsPlayed: boolean; Timestamp: string } => ({
  EventId: -1,
  IsPlayed: false,
  Timestamp: at(second),
});
const started = executionStarted({
  instanceId: 'i',
  executionId: 'e',
  name: 'o',
  version: null,
  input: null,
  parent: null,
  generation: 0,
  timestamp: at(0),
});
const scheduled = (id: number, name: string): HistoryEvent => ({
  EventType: 4,
  Name: name,
  Version: '',
  Input: null,
  ParentTraceContext: null,
  Tags: null,
  ...base(0),
  EventId: id,
});
const completed = (id: number, second: number): HistoryEvent => ({
  EventType: 5,
  TaskScheduledId: id,
  Result: '1',
  ...base(second),
});
const failedTask = (id: number, second: number): HistoryEvent => ({
  EventType: 6,
  TaskScheduledId: id,
  Reason: 'no',
  Details: null,
  FailureDetails: null,
  ...base(second),
});
const activity = (functionName: string): Action => ({ actionType: ActionType.CallActivity, functionName });
const all = (...compoundActions: Action[]): Action => ({ actionType: ActionType.WhenAll, compoundActions });
const any = (...compoundActions: Action[]): Action => ({ actionType: ActionType.WhenAny, compoundActions });
const retried = (functionName: string): Action => ({
  actionType: ActionType.CallActivityWithRetry,
  functionName,
  retryOptions: { firstRetryIntervalInMilliseconds: 1000, maxNumberOfAttempts: 3 },
});

function decide(actions: Action[], history: HistoryEvent[], isDone = false): ReplayResult {
  return replay({
    instanceId: 'i',
    executionId: 'e',
    parentInstanceId: undefined,
    name: 'o',
    history: [turnMark(12, at(0)), started, ...history],
    outcome: { kind: 'answered', state: { isDone, actions: [actions], schemaVersion: 3 } },
    functions: {
      hasActivity: (name) => name !== 'unknown',
      hasOrchestrator: () => true,
      hasEntity: (name) => name === 'counter',
      unknownActivity: () => 'no such activity',
      unknownOrchestrator: () => 'no such orchestrator',
      unknownEntity: () => 'no such entity',
    },
    settings: {
      maxActions: 20,
      maximumShortTimerMs: 6 * 86_400_000,
      longTimerIntervalMs: 3 * 86_400_000,
      httpSleepMs: 30_000,
      defaultVersion: null,
    },
    serialiseException: (message) => message,
  });
}

const kinds = (result: ReplayResult): string[] => result.decisions.map(({ id, kind }) => `${kind}#${id}`);

describe('the replay of actions', () => {
  it('assigns ids in the order of the actions, and schedules only the reached ones', () => {
    expect(kinds(decide([all(activity('a'), activity('b')), activity('c')], []))).toEqual(['task#0', 'task#1']);
  });

  it('schedules nothing that the history already has', () => {
    expect(kinds(decide([activity('a')], [scheduled(0, 'a')]))).toEqual([]);
  });

  it('continues after Task.any as soon as one task has ended, also by a failure', () => {
    const actions = [any(activity('a'), activity('b')), activity('c')];
    const before = [scheduled(0, 'a'), scheduled(1, 'b')];

    expect(kinds(decide(actions, [...before, completed(1, 1)]))).toEqual(['task#2']);
    expect(kinds(decide(actions, [...before, failedTask(0, 1)]))).toEqual(['task#2']);
  });

  it('waits for every task of Task.all, although the SDK continues at the first failure', () => {
    const actions = [all(activity('a'), activity('b')), activity('undo')];
    const before = [scheduled(0, 'a'), scheduled(1, 'b'), failedTask(0, 1)];

    expect(kinds(decide(actions, before))).toEqual([]);
    expect(kinds(decide(actions, [...before, completed(1, 2)]))).toEqual(['task#2']);
  });

  it('gives the id that the undo would have had to a retry’s timer, and reports that', () => {
    const actions = [all(activity('a'), retried('b')), activity('undo')];
    const result = decide(actions, [scheduled(0, 'a'), scheduled(1, 'b'), failedTask(1, 1), failedTask(0, 2)]);

    expect(kinds(result)).toEqual(['timer#2']);
    expect(result.notices.map(({ text }) => text).join()).toContain('may never run');
  });

  it('assigns no id to a missing function, and continues after it', () => {
    const result = decide([activity('unknown'), activity('a')], []);

    expect(kinds(result)).toEqual(['task#0']);
    expect(result.notices[0]?.text).toContain("calls the activity 'unknown', which does not exist");
  });

  it('keeps a returned orchestration open while a task is open', () => {
    const actions = [any(activity('a'), activity('b'))];
    const before = [scheduled(0, 'a'), scheduled(1, 'b'), completed(0, 1)];

    expect(kinds(decide(actions, before, true))).toEqual([]);
    expect(kinds(decide(actions, [...before, completed(1, 2)], true))).toEqual(['complete#2']);
  });

  it('sends a scheduled signal under a name that contains its time', () => {
    const action = { actionType: ActionType.ScheduledSignalEntity, instanceId: '@counter@k', operation: 'add' };
    const [decision] = decide([{ ...action, fireAt: at(40), input: 5 }], []).decisions;

    expect(decision).toMatchObject({ kind: 'event', instanceId: '@counter@k', name: `op@${at(40)}` });
    expect(decision?.kind === 'event' ? JSON.parse(decision.input ?? '') : undefined).toMatchObject({
      op: 'add',
      signal: true,
      input: '5',
      due: at(40),
    });
  });

  it('holds decisions back while suspended, and makes them on resume', () => {
    const suspended: HistoryEvent = { EventType: 19, Reason: null, ...base(1) };
    const resumed: HistoryEvent = { EventType: 20, Reason: null, ...base(3) };
    const before = [scheduled(0, 'a'), suspended, completed(0, 2)];

    expect(kinds(decide([activity('a'), activity('b')], before))).toEqual([]);
    expect(kinds(decide([activity('a'), activity('b')], [...before, resumed]))).toEqual(['task#1']);
  });

  it('fails an orchestration that schedules more actions than the host allows', () => {
    const result = decide(
      Array.from({ length: 30 }, () => ({
        actionType: ActionType.SignalEntity,
        instanceId: '@counter@k',
        operation: 'x',
      })),
      [],
    );
    const end = result.decisions.at(-1);

    expect(end?.kind === 'complete' ? end.result : '').toContain('Maximum amount of orchestration actions (20)');
  });

  it('reports changed code by its first difference', () => {
    const end = (actions: Action[], history: HistoryEvent[]): string | null | undefined => {
      const decision = decide(actions, history).decisions.at(-1);
      return decision?.kind === 'complete' ? decision.result : undefined;
    };

    expect(end([activity('b')], [scheduled(0, 'a')])).toContain("instead scheduled an activity task named 'b'");
    expect(end([], [scheduled(0, 'a')])).toContain("the current replay execution hasn't (yet?) scheduled this task");
    expect(end([activity('A')], [scheduled(0, 'a')])).toBeUndefined();
  });
});
