/** A turn of an orchestration: from the messages in its inbox to the record of its decisions. */
import type { HostClock } from '../../hostClock.js';
import type { LoadedApp } from '../../worker/app.js';
import { exceptionText } from '../failures.js';
import type { DurableFunctions } from '../functions.js';
import { newExecutionId } from '../guid.js';
import { EventType, executionStarted, turnMark, type ExecutionStartedEvent, type HistoryEvent } from '../history.js';
import type { Instance, Message } from '../hub/instance.js';
import type { TurnRecord } from '../hub/records.js';
import { OrchestrationStatus, type Complete, type Decision } from '../replay/decisions.js';
import { replacesRunning, versionNotRun, type Notice } from '../replay/notices.js';
import { replay } from '../replay/replay.js';
import type { ReplayResult } from '../replay/turn.js';
import type { DurableSettings } from '../settings.js';
import { compareVersions } from '../versions.js';
import { invokeOrchestrator } from './invokeOrchestrator.js';
import { Outbox } from './outbox.js';

/** What a turn needs from the host. */
export interface TurnHost {
  readonly app: Pick<LoadedApp, 'invoke'>;
  readonly functions: DurableFunctions;
  readonly settings: DurableSettings;
  readonly clock: HostClock;
  readonly strict: boolean;
  nextMessageNumber(): number;
  /** Whether an instance of this id has started and not ended. */
  isRunning(instanceId: string): boolean;
  /** Reports a case in which the real host fails silently. */
  notice(instance: Instance, notice: Notice): void;
}

/** A record, nothing to do, or a version that this host does not run. */
export type TurnResult = TurnRecord | 'nothing' | 'rejected';

/** One run of the instance within the turn. A run that continues as new leads to another one. */
interface Run {
  readonly started: ExecutionStartedEvent;
  /** Includes the events of this turn. */
  readonly history: HistoryEvent[];
  readonly isFirst: boolean;
}

/** Takes one turn. It changes nothing; its result describes the changes. */
export async function orchestrationTurn(host: TurnHost, instance: Instance): Promise<TurnResult> {
  // Each turn has its own time. Retries and timers count from it.
  const after = instance.started ? Date.parse(instance.updated) + 1 : 0;
  const at = new Date(Math.max(host.clock.now().getTime(), after)).toISOString();
  const { taken, dropped } = reconcile(instance);
  const history = [...instance.history, turnMark(EventType.OrchestratorStarted, at), ...taken.map(({ e }) => e)];
  const started = history.find((event) => event.EventType === EventType.ExecutionStarted);
  if (taken.length === 0 || started?.EventType !== EventType.ExecutionStarted) return 'nothing';
  const mismatch = versionMismatch(host.settings, started.Version);
  if (mismatch === 'reject' && !host.strict) return 'rejected';

  const outbox = new Outbox(at, () => host.nextMessageNumber());
  let run: Run = { started, history, isFirst: true };
  let carriedStatus: string | null = null;
  for (;;) {
    const result = await resultOf(host, instance, run, mismatch);
    const end = result.decisions.findLast((decision) => decision.kind === 'complete');
    const scheduled = outbox.post(run, result.decisions);
    if (end?.status === OrchestrationStatus.ContinuedAsNew) {
      carriedStatus = result.customStatus;
      run = nextRun(run, end.result, result.carryOver, at);
      continue;
    }
    const { ExecutionId } = run.started.OrchestrationInstance;
    return {
      k: 'turn',
      i: instance.id,
      at,
      in: taken.map((message) => (message.n === 0 ? message.e : message.n)),
      drop: dropped.map(({ n }) => n),
      ev: run.isFirst ? scheduled : [],
      ...earlyOf(result.decisions),
      ...(run.isFirst ? {} : { next: { x: ExecutionId, ev: continuedHistory(run, scheduled, at) } }),
      customStatus: result.customStatus ?? carriedStatus,
      tasks: outbox.tasks,
      out: outbox.messages,
    };
  }
}

function earlyOf(decisions: readonly Decision[]): { early?: number[] } {
  const early = decisions.flatMap((decision) => (decision.kind === 'timer' && decision.early ? [decision.id] : []));
  return early.length > 0 ? { early } : {};
}

/** Selects the messages that belong to this run. */
function reconcile(instance: Instance): { taken: Message[]; dropped: Message[] } {
  const taken: Message[] = [];
  const dropped: Message[] = [];
  for (const message of instance.inbox) {
    const isOtherRuns = message.x !== undefined && message.x !== instance.executionId;
    const isDropped = message.e.EventType === EventType.ExecutionStarted ? instance.started : isOtherRuns;
    (isDropped ? dropped : taken).push(message);
  }
  return { taken, dropped };
}

function versionMismatch(settings: DurableSettings, version: string | null): 'reject' | 'fail' | undefined {
  const { defaultVersion, versionMatchStrategy, versionFailureStrategy } = settings;
  const matches =
    versionMatchStrategy === 'none' ||
    (versionMatchStrategy === 'strict' && (version ?? '') === (defaultVersion ?? '')) ||
    (versionMatchStrategy === 'currentOrOlder' && compareVersions(version, defaultVersion) <= 0);
  return matches ? undefined : versionFailureStrategy;
}

async function resultOf(
  host: TurnHost,
  instance: Instance,
  run: Run,
  mismatch: 'reject' | 'fail' | undefined,
): Promise<ReplayResult> {
  if (mismatch === 'fail') return versionFailure;
  if (mismatch === undefined) return decide(host, instance, run);
  const notice = versionNotRun(instance.version, host.settings);
  host.notice(instance, notice);
  return { ...versionFailure, decisions: [failed([], strictText(instance.name, notice))] };
}

async function decide(host: TurnHost, instance: Instance, run: Run): Promise<ReplayResult> {
  const { name, id } = instance;
  const { functions, settings } = host;
  const { started, history } = run;
  const outcome = await invokeOrchestrator(host, { name, instanceId: id, started, history });
  const result = replay({
    instanceId: id,
    executionId: started.OrchestrationInstance.ExecutionId,
    parentInstanceId: started.ParentInstance?.OrchestrationInstance.InstanceId,
    name,
    history,
    outcome,
    functions,
    settings,
    serialiseException: (message) => exceptionText('System.ArgumentException', message),
  });
  if (host.strict) result.notices.push(...replacements(host, result.decisions));
  for (const notice of result.notices) host.notice(instance, notice);
  const [first] = result.notices;
  if (!host.strict || first === undefined) return result;
  return { ...result, decisions: [failed(result.decisions, strictText(name, first))] };
}

const strictText = (name: string, { text, cure }: Notice): string =>
  `Orchestrator function '${name}' failed: strict mode: it ${text}. Cure: ${cure}.`;

/** Children that would take the ids of running instances. Unless in strict mode they do, and the hub reports it. */
function replacements(host: TurnHost, decisions: readonly Decision[]): Notice[] {
  return decisions.flatMap((decision) =>
    decision.kind === 'sub' && host.isRunning(decision.instanceId) ? [replacesRunning(decision.instanceId)] : [],
  );
}

const failed = (decisions: readonly Decision[], text: string): Complete => ({
  kind: 'complete',
  id: (decisions.at(-1)?.id ?? 0) + 1,
  status: OrchestrationStatus.Failed,
  result: text,
  details: null,
  failureDetails: null,
});

/** In the framework's words (public source: Azure/durabletask, TaskOrchestrationDispatcher.cs). */
const versionFailure: ReplayResult = {
  decisions: [
    {
      kind: 'complete',
      id: 0,
      status: OrchestrationStatus.Failed,
      result: null,
      details: null,
      failureDetails: {
        ErrorType: 'VersionMismatch',
        ErrorMessage: 'Orchestration version did not comply with Worker Versioning',
        StackTrace: null,
        InnerFailure: null,
        IsNonRetriable: true,
        Properties: null,
      },
    },
  ],
  customStatus: null,
  carryOver: [],
  notices: [],
  suspended: false,
};

/** The next run: the same orchestrator with another input and an empty history. */
function nextRun({ started }: Run, input: string | null, carryOver: readonly HistoryEvent[], at: string): Run {
  const next = executionStarted({
    instanceId: started.OrchestrationInstance.InstanceId,
    executionId: newExecutionId(),
    name: started.Name,
    version: started.Version,
    input,
    parent: started.ParentInstance,
    generation: null,
    timestamp: at,
  });
  const carried = carryOver.map((event) => ({ ...event, IsPlayed: false }));
  return {
    started: next,
    history: [
      turnMark(EventType.OrchestratorStarted, at),
      next,
      ...carried,
      turnMark(EventType.OrchestratorCompleted, at),
    ],
    isFirst: false,
  };
}

/** The history of a continued run after its first turn: the events before its decisions count as played. */
function continuedHistory(run: Run, scheduled: readonly HistoryEvent[], at: string): HistoryEvent[] {
  const played = run.history.map((event, index) => (index === 0 ? event : { ...event, IsPlayed: true }));
  return scheduled.length === 0 ? played : [...played, ...scheduled, turnMark(EventType.OrchestratorCompleted, at)];
}
