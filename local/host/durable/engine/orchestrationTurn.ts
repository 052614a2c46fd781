/** A turn of an orchestration: from the messages in its inbox to the record that says what it did. */
import type { HostClock } from '../../clock.js';
import { InvocationError, type LoadedApp } from '../../worker/app.js';
import {
  exceptionText,
  orchestrationStackTrace,
  userLine,
  workerMessage,
} from '../failures.js';
import type { DurableFunctions } from '../functions.js';
import { newExecutionId } from '../guid.js';
import {
  eventRaised,
  executionStarted,
  turnMark,
  type ExecutionStartedEvent,
  type HistoryEvent,
} from '../history.js';
import type { Instance, Message, PendingTask } from '../hub/instance.js';
import type { Outgoing, TurnRecord } from '../hub/records.js';
import { parseState, stateOfFailure } from '../replay/actions.js';
import { OrchestrationStatus, type Complete, type Decision } from '../replay/decisions.js';
import type { Notice } from '../replay/notices.js';
import { replay, type Outcome, type ReplayResult } from '../replay/replay.js';
import type { DurableSettings } from '../settings.js';
import { compareVersions } from '../versions.js';
import { jsonOfResult } from './typedData.js';

/** What a turn needs of the host. */
export interface TurnHost {
  readonly app: Pick<LoadedApp, 'invoke'>;
  readonly functions: DurableFunctions;
  readonly settings: DurableSettings;
  readonly clock: HostClock;
  readonly strict: boolean;
  nextMessageNumber(): number;
  /** Says what goes quietly wrong. */
  notice(instance: Instance, notice: Notice): void;
}

/** A record, nothing to do, or a version that this host does not run. */
export type TurnResult = TurnRecord | 'nothing' | 'rejected';

/** One run of the instance while the turn lasts: a run that continues as new has several. */
interface Run {
  executionId: string;
  input: string | null;
  started: ExecutionStartedEvent;
  /** With the events of this turn. */
  history: HistoryEvent[];
  /** Events of `history` that the turn has brought, without marks. */
  isFirst: boolean;
}

/** Takes one turn. Changes nothing but what it returns. */
export async function orchestrationTurn(host: TurnHost, instance: Instance): Promise<TurnResult> {
  return new Turn(host, instance).take();
}

class Turn {
  readonly #host: TurnHost;
  readonly #instance: Instance;
  readonly #tasks: PendingTask[] = [];
  readonly #out: Outgoing[] = [];
  readonly #at: string;

  constructor(host: TurnHost, instance: Instance) {
    this.#host = host;
    this.#instance = instance;
    // Each turn has a time of its own: retries and timers are counted from it.
    const after = instance.begun ? Date.parse(instance.updated) + 1 : 0;
    this.#at = new Date(Math.max(host.clock.now().getTime(), after)).toISOString();
  }

  async take(): Promise<TurnResult> {
    const instance = this.#instance;
    const { taken, dropped } = reconcile(instance);
    const events = taken.map(({ e }) => e);
    const history = [...instance.history, turnMark(12, this.#at), ...events];
    const started = history.find((event) => event.EventType === 0);
    if (events.length === 0 || started === undefined || started.EventType !== 0) return 'nothing';

    const version = this.#versionMismatch(started.Version);
    if (version === 'reject') return 'rejected';

    let run: Run = { executionId: instance.executionId, input: started.Input, started, history, isFirst: true };
    let carriedStatus: string | null = null;
    for (;;) {
      const result = version === 'fail' ? versionFailure() : await this.#decide(run);
      const end = result.decisions.findLast((decision) => decision.kind === 'complete');
      const scheduled = this.#events(run, result.decisions);
      if (end?.kind === 'complete' && end.status === OrchestrationStatus.ContinuedAsNew) {
        carriedStatus = result.customStatus;
        run = this.#nextRun(run, end, result.carryOver);
        continue;
      }
      return {
        k: 'turn',
        i: instance.id,
        at: this.#at,
        in: taken.map((message) => (message.n === 0 ? message.e : message.n)),
        drop: dropped.map(({ n }) => n),
        ev: run.isFirst ? scheduled : [],
        ...(run.isFirst ? {} : { next: { x: run.executionId, ev: nextHistory(run, scheduled, this.#at) } }),
        customStatus: result.customStatus ?? carriedStatus,
        tasks: this.#tasks,
        out: this.#out,
      };
    }
  }

  #versionMismatch(version: string | null): 'reject' | 'fail' | undefined {
    const { defaultVersion, versionMatchStrategy, versionFailureStrategy } = this.#host.settings;
    if (defaultVersion === null) return undefined;
    const matches =
      versionMatchStrategy === 'none' ||
      (versionMatchStrategy === 'strict' && (version ?? '') === defaultVersion) ||
      (versionMatchStrategy === 'currentOrOlder' && compareVersions(version, defaultVersion) <= 0);
    return matches ? undefined : versionFailureStrategy;
  }

  async #decide(run: Run): Promise<ReplayResult> {
    const { functions, settings, strict } = this.#host;
    const { name, id } = this.#instance;
    const parentInstanceId = run.started.ParentInstance?.OrchestrationInstance.InstanceId;
    const result = replay({
      instanceId: id,
      executionId: run.executionId,
      parentInstanceId,
      name,
      history: run.history,
      outcome: await this.#invoke(run, parentInstanceId),
      functions,
      settings,
      serialiseException: (message) => exceptionText('System.ArgumentException', message),
    });
    for (const notice of result.notices) this.#host.notice(this.#instance, notice);
    const [first] = result.notices;
    if (!strict || first === undefined) return result;
    const text = `Orchestrator function '${name}' failed: strict mode: it ${first.text}. Cure: ${first.cure}.`;
    return { ...result, decisions: [failure(result.decisions, text)] };
  }

  async #invoke(run: Run, parentInstanceId: string | undefined): Promise<Outcome> {
    const found = this.#host.functions.orchestrator(this.#instance.name);
    if (found === undefined) return { kind: 'broken', message: '', details: '' };
    const { settings } = this.#host;
    const payload =
      `{"history":${JSON.stringify(run.history)},"input":${run.input ?? 'null'},` +
      `"instanceId":${JSON.stringify(this.#instance.id)},"isReplaying":${String(run.started.IsPlayed)},` +
      `"parentInstanceId":${JSON.stringify(parentInstanceId ?? null)},"upperSchemaVersion":1,"upperSchemaVersionNew":3,` +
      `"longRunningTimerIntervalDuration":"${timeSpan(settings.longTimerIntervalMs)}",` +
      `"maximumShortTimerDuration":"${timeSpan(settings.maximumShortTimerMs)}",` +
      `"defaultHttpAsyncRequestSleepTimeMillseconds":${settings.httpSleepMs}}`;
    try {
      const result = await this.#host.app.invoke(found.name, {
        inputData: [{ name: found.triggerName, data: { string: payload } }],
        triggerMetadata: {},
      });
      const state = parseState(jsonOfResult(result.returnValue) ?? '');
      if (state !== undefined) return { kind: 'answered', state };
      return brokenOutcome('Out of proc orchestrators must return a valid JSON schema', '');
    } catch (error) {
      if (!(error instanceof InvocationError)) throw error;
      const state = stateOfFailure(error.message);
      if (state !== undefined)
        return { kind: 'threw', state, trace: orchestrationStackTrace, line: userLine(error.stack) };
      return brokenOutcome(error.message, error.stack ?? '');
    }
  }

  /** Decisions as events of the history, with the tasks and messages that go out. */
  #events(run: Run, decisions: readonly Decision[]): HistoryEvent[] {
    return decisions.flatMap((decision): HistoryEvent[] => {
      const base = { EventId: decision.id, IsPlayed: false, Timestamp: this.#at };
      switch (decision.kind) {
        case 'task':
          this.#tasks.push({ id: decision.id, name: decision.name, input: decision.input });
          return [
            { EventType: 4, Name: decision.name, Version: '', Input: null, ParentTraceContext: null, Tags: null, ...base },
          ];
        case 'timer':
          return [{ EventType: 10, FireAt: decision.fireAt, ...base }];
        case 'sub':
          this.#sendStart(run, decision);
          return [
            {
              EventType: 7,
              Name: decision.name,
              Version: decision.version,
              InstanceId: decision.instanceId,
              Input: null,
              ClientSpanId: null,
              Tags: null,
              ...base,
            },
          ];
        case 'event':
          this.#send(decision.instanceId, {
            e: eventRaised(decision.name, decision.input, this.#at),
            ...dueOf(decision.name),
          });
          return [
            { EventType: 14, InstanceId: decision.instanceId, Name: decision.name, Input: decision.input, ...base },
          ];
        case 'complete':
          if (decision.status === OrchestrationStatus.ContinuedAsNew) return [];
          this.#sendEnd(run, decision);
          return [
            {
              EventType: 1,
              OrchestrationStatus: decision.status,
              Result: decision.result,
              FailureDetails: null,
              ...base,
            },
          ];
      }
    });
  }

  #send(to: string, message: Omit<Message, 'n'>): void {
    this.#out.push({ to, m: { n: this.#host.nextMessageNumber(), ...message } });
  }

  #sendStart(run: Run, decision: Extract<Decision, { kind: 'sub' }>): void {
    const e = executionStarted({
      instanceId: decision.instanceId,
      executionId: newExecutionId(),
      name: decision.name,
      version: decision.version,
      input: decision.input,
      parent: {
        Name: this.#instance.name,
        OrchestrationInstance: { InstanceId: this.#instance.id, ExecutionId: run.executionId },
        TaskScheduleId: decision.id,
        Version: run.started.Version,
      },
      generation: null,
      timestamp: this.#at,
    });
    this.#send(decision.instanceId, { e });
  }

  /** Tells the parent, if there is one. */
  #sendEnd(run: Run, decision: Complete): void {
    const parent = run.started.ParentInstance;
    if (parent === null) return;
    const base = { TaskScheduledId: parent.TaskScheduleId, EventId: -1, IsPlayed: false, Timestamp: this.#at };
    const e: HistoryEvent =
      decision.status === OrchestrationStatus.Completed
        ? { EventType: 8, Result: decision.result, ...base }
        : { EventType: 9, Reason: decision.result ?? '', Details: decision.details, FailureDetails: null, ...base };
    this.#send(parent.OrchestrationInstance.InstanceId, { x: parent.OrchestrationInstance.ExecutionId, e });
  }

  #nextRun(run: Run, end: Complete, carryOver: readonly HistoryEvent[]): Run {
    const executionId = newExecutionId();
    const started = executionStarted({
      instanceId: this.#instance.id,
      executionId,
      name: run.started.Name,
      version: run.started.Version,
      input: end.result,
      parent: run.started.ParentInstance,
      generation: null,
      timestamp: this.#at,
    });
    const carried = carryOver.map((event) => ({ ...event, IsPlayed: false }));
    const history = [turnMark(12, this.#at), started, ...carried, turnMark(13, this.#at)];
    return { executionId, input: end.result, started, history, isFirst: false };
  }
}

/** Which messages belong to this run. */
function reconcile(instance: Instance): { taken: Message[]; dropped: Message[] } {
  const taken: Message[] = [];
  const dropped: Message[] = [];
  for (const message of instance.inbox) {
    const isStart = message.e.EventType === 0;
    const otherRun = message.x !== undefined && message.x !== instance.executionId;
    if (isStart ? instance.begun : otherRun) dropped.push(message);
    else taken.push(message);
  }
  return { taken, dropped };
}

/** The history of a continued run after its first turn: what came before its decisions has been played. */
function nextHistory(run: Run, scheduled: readonly HistoryEvent[], at: string): HistoryEvent[] {
  const played = run.history.map((event, index) => (index === 0 ? event : { ...event, IsPlayed: true }));
  return scheduled.length === 0 ? played : [...played, ...scheduled, turnMark(13, at)];
}

const brokenOutcome = (message: string, stack: string): Outcome => {
  const text = `One or more errors occurred. (${workerMessage(message, stack)})`;
  return { kind: 'broken', message: text, details: exceptionText('System.AggregateException', text) };
};

const failure = (decisions: readonly Decision[], text: string): Complete => ({
  kind: 'complete',
  id: (decisions.at(-1)?.id ?? 0) + 1,
  status: OrchestrationStatus.Failed,
  result: text,
  details: null,
});

const versionFailure = (): ReplayResult => ({
  decisions: [failure([], 'VersionMismatch: Orchestration version did not comply with Worker Versioning')],
  customStatus: null,
  carryOver: [],
  notices: [],
  suspended: false,
});

/** When a scheduled signal is due; its time stands in the event's name. */
export function dueOf(eventName: string): { due?: number } {
  if (!eventName.startsWith('op@')) return {};
  const due = Date.parse(eventName.slice(3));
  return Number.isNaN(due) ? {} : { due };
}

/** .NET's form of a span of whole days and a time, `d.hh:mm:ss`. */
function timeSpan(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (count: number): string => String(count).padStart(2, '0');
  const days = Math.floor(seconds / 86_400);
  return `${days}.${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
