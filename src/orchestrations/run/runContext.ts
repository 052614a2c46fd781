import type { EntityId, OrchestrationContext, Task } from 'durable-functions';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import type { FlowLimits } from '../../domain/operations/flowLimits.js';
import type { Run } from '../../domain/operations/run.js';
import { priorityOf, type Priority } from '../../domain/operations/priority.js';
import { phaseOf, type StepName } from '../../domain/operations/stepNames.js';
import type { OperationFailure } from '../../domain/operations/operation.js';
import type { Undone } from '../../domain/operations/stepOutcome.js';
import type { WorksFor } from '../../domain/operations/worksFor.js';
import { activityCalls, type ActivityCalls } from './activityCalls.js';
import { Cancellation } from './cancellation.js';
import { durableWait } from './durableWait.js';
import { later, orUndefined, secondsSince, StepFailed, type Flow } from './flow.js';
import { ProgressLog } from './progressLog.js';
import { untilDone } from './untilDone.js';

/** What every flow's input has; that of a client's run is {@link Run}, with the client in its request. */
type RunInput = Pick<Run, 'run' | 'actor' | 'limits' | 'rollout'>;

interface RunOptions {
  /** Instance whose operation the run is, for a run with an instance of its own; the run's own by default. */
  readonly instance?: string;
  /** Whether operators and revocations can end the run early. */
  readonly isCancellable?: boolean;
  /** How urgent the run is; by default what its input says. */
  readonly priority?: Priority;
}

/**
 * Takes one action back, with the run as it undoes. Returns what it kept on purpose or could not restore, and why;
 * nothing when all is as before.
 */
export type Undo = (run: RunContext<Run>) => Flow<Undone>;

export interface Compensation {
  readonly name: StepName;
  readonly undo: Undo;
  /**
   * Runs instead when the client was revoked. Absent: nothing runs, since what a revoked client had is kept for
   * inspection.
   */
  readonly whenRevoked?: Undo;
}

/** What follows a failed run's undo. @returns fields that the failure gets */
type FollowUp = (failure: OperationFailure, error: StepFailed) => Flow<Partial<OperationFailure>>;

interface Parts {
  readonly log: ProgressLog;
  readonly compensations: Compensation[];
  readonly followUps: FollowUp[];
  /** `{instance}.{run}`. */
  readonly operation: string;
  readonly cancellation: Cancellation | undefined;
  readonly priority: Priority;
  /** Where the secrets of the run's client are, once its record has answered. */
  place: VaultPlace | undefined;
}

/** `vaultHost`: see InVault. */
interface VaultPlace {
  readonly vaultHost: string | undefined;
}

interface Manner {
  /** How long one step is tried, in seconds. */
  readonly deadlineSeconds: number;
  /** `early`: a cancel ends its waits. `complete`: nothing does. `undoing`: as complete, in the phase `undoing`. */
  readonly ends: 'early' | 'complete' | 'undoing';
}

/** What a flow works with: its input, its steps and their compensations, activities, entities, time and waits. */
export class RunContext<Input extends RunInput = RunInput> {
  /** `yield* run.activities.ensureToken(...)` calls the activity of that name until it is done. */
  readonly activities: ActivityCalls;

  constructor(
    readonly durable: OrchestrationContext,
    readonly input: Input,
    private readonly parts: Parts,
    private readonly manner: Manner,
  ) {
    this.activities = activityCalls((name, request, isInVault) => {
      const place = isInVault ? parts.place : undefined;
      return this.untilDone(() => durable.df.callActivity(name, { ...request, ...place, by: this.by }), {
        activity: name,
      });
    });
  }

  /** The run's own id, which names its events and passwords. */
  get id(): string {
    return this.input.run;
  }
  /** Id of the operation that callers see: `{instance}.{run}`. */
  get operation(): string {
    return this.parts.operation;
  }
  /** Whom the audit names for what activities and entities do, and how urgent that is. */
  get by(): WorksFor['by'] {
    // A revocation waits until a revoked client's run has ended.
    const priority = this.isRevoked ? 'revocation' : this.parts.priority;
    return { operation: this.operation, actor: this.input.actor, ...(priority === 'single' ? {} : { priority }) };
  }
  /** Where the secrets of the run's client are; undefined until the client's record has answered. */
  get place(): VaultPlace | undefined {
    return this.parts.place;
  }
  /** The same for the run's result; empty for a run that began before vaults were recorded. */
  get placeInResult(): { readonly vault?: string } {
    const vault = this.parts.place?.vaultHost;
    return vault === undefined ? {} : { vault };
  }
  /** Notes where the client's secrets are, as its record says: activities that work there get it from now on. */
  worksIn(vaultHost: string | undefined): void {
    this.parts.place = { vaultHost };
  }
  get limits(): FlowLimits {
    return this.input.limits;
  }
  get log(): ProgressLog {
    return this.parts.log;
  }
  /** How to take back what the run did so far, in the order of the actions. */
  get compensations(): readonly Compensation[] {
    return this.parts.compensations;
  }
  /** What follows the undo. */
  get followUps(): readonly FollowUp[] {
    return this.parts.followUps;
  }
  /** Registers what follows the undo, whether or not there is anything to undo. */
  afterUndo(followUp: FollowUp): void {
    this.parts.followUps.push(followUp);
  }
  get cancellation(): Cancellation | undefined {
    return this.manner.ends === 'early' ? this.parts.cancellation : undefined;
  }
  /** Whether the run was asked to end because its client was revoked. */
  get isRevoked(): boolean {
    return this.parts.cancellation?.isRevoked ?? false;
  }

  /** Now, by the durable clock. */
  get now(): Date {
    return this.durable.df.currentUtcDateTime;
  }
  /** The instant `seconds` from now. */
  later(seconds: number): Date {
    return later(this.durable, seconds);
  }
  secondsSince(start: Date): number {
    return secondsSince(this.durable, start);
  }

  /** The same run, but no cancel ends its waits: for what must not be done by half. */
  uninterrupted(deadlineSeconds = this.manner.deadlineSeconds): RunContext<Input> {
    return new RunContext(this.durable, this.input, this.parts, { deadlineSeconds, ends: 'complete' });
  }
  /** The same run while it undoes: uninterrupted, and each step is tried for as long as undoing may take. */
  undoing(): RunContext<Input> {
    const deadlineSeconds = this.limits.undoDeadlineSeconds;
    return new RunContext(this.durable, this.input, this.parts, { deadlineSeconds, ends: 'undoing' });
  }
  /** The same run, but each step is tried for `deadlineSeconds`. */
  within(deadlineSeconds: number): RunContext<Input> {
    return new RunContext(this.durable, this.input, this.parts, { ...this.manner, deadlineSeconds });
  }

  /**
   * A named step of the operation, as callers see it.
   *
   * @param action what the step does
   * @param undo how to take it back should the run fail: registered before the action, since an action may have had its
   * effect although its answer was lost. Each also holds for an action that never happened.
   * @throws StepFailed
   */
  *step<T>(name: StepName, action: () => Flow<T>, undo: readonly Compensation[] = []): Flow<T> {
    this.parts.compensations.push(...undo);
    this.log.begin(name, this.manner.ends === 'undoing' ? null : phaseOf(name));
    try {
      const value = yield* action();
      this.log.end('completed');
      return value;
    } catch (error) {
      // An unexpected error's text stays out of the operation: it may quote anything.
      this.log.end('failed', error instanceof StepFailed ? error.message : undefined);
      throw error;
    }
  }

  /** A named step that is tried for `deadlineSeconds`, whatever is cancelled. The flow goes on when it fails. */
  *bestEffort(name: StepName, deadlineSeconds: number, action: (run: RunContext<Input>) => Flow<unknown>): Flow<void> {
    const run = this.uninterrupted(deadlineSeconds);
    yield* orUndefined(() => run.step(name, () => action(run)));
  }

  /** Calls an entity's operation until its outcome is done. @throws StepFailed */
  *callEntity<T>(entity: EntityId, operation: string, request: object, deadlineSeconds?: number): Flow<T> {
    const call = () => this.durable.df.callEntity(entity, operation, { ...request, by: this.by });
    return yield* this.untilDone<T>(call, deadlineSeconds === undefined ? {} : { deadlineSeconds });
  }
  /** Notifies an entity. The signal leaves with the turn and is never answered. */
  notifyEntity(entity: EntityId, operation: string, request: object): void {
    this.durable.df.signalEntity(entity, operation, { ...request, by: this.by });
  }

  /**
   * Waits on durable timers until a whole second: the engine's storage counts those, and fires timers early that lie
   * between two. Nothing may rely on the exact time all the same. @throws StepFailed when the run is cancelled
   */
  *pause(seconds: number): Flow<void> {
    yield* durableWait(this.durable, wholeSecond(this.later(seconds)), [], this.cancellation);
  }
  /** Waits for a task until `expires`; the task's isCompleted says whether it came. @throws StepFailed as pause does */
  *waitUntil(task: Task, expires: Date): Flow<void> {
    yield* durableWait(this.durable, expires, [task], this.cancellation);
  }

  private untilDone<T>(
    make: () => Task,
    { deadlineSeconds = this.manner.deadlineSeconds, activity }: { deadlineSeconds?: number; activity?: string },
  ): Flow<T> {
    return untilDone<T>(this, make, deadlineSeconds, activity);
  }
}

/** The one context of a run: begins it from the orchestration's input. */
export function beginRun<Input extends RunInput>(
  durable: OrchestrationContext,
  { instance = durable.df.instanceId, isCancellable = false, priority }: RunOptions = {},
  input = durable.df.getInput<Input>(),
): RunContext<Input> {
  const operation = formatOperationId({ instance, run: input.run });
  const cancellation = isCancellable ? new Cancellation(durable, input.run) : undefined;
  const parts = {
    log: new ProgressLog(durable),
    compensations: [],
    followUps: [],
    operation,
    cancellation,
    priority: priority ?? priorityOf(input),
    place: undefined,
  };
  return new RunContext(durable, input, parts, { deadlineSeconds: input.limits.stepDeadlineSeconds, ends: 'early' });
}

function wholeSecond(instant: Date): Date {
  return new Date(Math.ceil(instant.getTime() / 1000) * 1000);
}
