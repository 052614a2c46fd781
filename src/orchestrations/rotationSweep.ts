import type { OrchestrationContext } from 'durable-functions';
import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import { ROTATE } from '../domain/operations/run.js';
import { updatedRows, waitingRows, type PlannedRow, type StartPlan } from '../domain/rollouts/startPlan.js';
import { frozenUntil } from '../domain/schedules/freezeWindows.js';
import {
  firstDue,
  MAX_WAVES,
  NOTHING_SWEPT,
  SWEEP_INSTANCE,
  type DueRotation,
  type SweepInput,
  type SweepOutcome,
  type SweepTally,
} from '../domain/rotation/sweep.js';
import { waveTally } from '../domain/rotation/waveTally.js';
import { backoffSeconds, repeat, type Backoff, type Try } from './run/backoff.js';
import { StepFailed, type Flow } from './run/flow.js';
import { beginRun, type RunContext } from './run/runContext.js';

/** Pauses between two looks at a wave, in seconds: the longer, the more looks have started nothing. */
const LOOK: Backoff = { first: 15, longest: 300 };

/** How long, in seconds, to try to alert operators of a stopped sweep. */
const ALERT_SECONDS = 300;

/** Maximum old passwords that one activity revokes. */
const REVOCATIONS_AT_ONCE = 20;

/**
 * Finds due rotations, revokes old passwords that are no longer needed, and starts the rotations in waves, those that
 * expire soonest first. It continues as new after each wave to keep its history short. That drops waiting events, but
 * nothing sends events to a sweep.
 */
export function* rotationSweep(context: OrchestrationContext): Flow<SweepOutcome | undefined> {
  const input = context.df.getInput<SweepInput>();
  const run = beginRun(context, { instance: SWEEP_INSTANCE, priority: 'rollout' }, { ...input, run: input.sweep });
  const sweep = new Sweep(run, input);
  try {
    if (input.queue === undefined) return yield* sweep.look();
    return yield* sweep.wave(input.queue);
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return yield* sweep.stop(`the sweep itself failed: ${error.message}`, input.queue ?? []);
  }
}

class Sweep {
  private tally: SweepTally;

  constructor(
    private readonly run: RunContext,
    private readonly input: SweepInput,
  ) {
    this.tally = input.tally ?? NOTHING_SWEPT;
  }

  /** Reads the vault page by page. After each page, it revokes the old passwords that are no longer needed. */
  *look(): Flow<SweepOutcome | undefined> {
    const { run, input } = this;
    const { policy } = input;
    const max = policy.waveSize * MAX_WAVES;
    let due: readonly DueRotation[] = [];
    let continuation: string | undefined;
    do {
      const from = continuation === undefined ? {} : { continuation };
      const found = yield* run.step('findDueRotations', () =>
        run.activities.findDueRotations({ policy, max, ...from }),
      );
      due = firstDue([...due, ...found.rotations], max);
      this.add({ deferred: found.deferred });
      for (let start = 0; start < found.revocations.length; start += REVOCATIONS_AT_ONCE) {
        const clients = found.revocations.slice(start, start + REVOCATIONS_AT_ONCE);
        const { revoked } = yield* run.step('revokeOldPasswords', () => run.activities.revokeOldPasswords({ clients }));
        this.add({ revoked });
      }
      ({ continuation } = found);
    } while (continuation !== undefined);
    return this.goOn(due);
  }

  /** Starts the next rotations, and waits for their ends. */
  *wave(queue: readonly DueRotation[]): Flow<SweepOutcome | undefined> {
    const { run, input } = this;
    const { policy, sweep, actor } = input;
    // The queue may have waited through a long wave.
    if (this.isFrozen) return this.end(queue.length);
    const number = this.tally.waves + 1;
    run.log.enter(`wave ${number}`);
    const plan: StartPlan = {
      id: `${sweep}-${number}`,
      kind: ROTATE,
      actor,
      requestedAt: run.now.toISOString(),
      source: { kind: 'sweep', freezeWindows: policy.freezeWindows },
    };
    const clients = waitingRows(queue.slice(0, policy.waveSize).map(referenceOf));
    const rows = yield* run.step('advanceRuns', () => this.followed(plan, clients));
    this.add({ waves: 1, ...waveTally(rows.map(({ status }) => status)) });
    const left = rows.flatMap(({ row, status }) => (status.state === 'waiting' ? (queue[row] ?? []) : []));
    const rest = [...left, ...queue.slice(policy.waveSize)];
    if (this.tally.failed >= policy.failureLimit)
      return yield* this.stop(`${this.tally.failed} rotations have failed`, rest);
    // A freeze window has started, or the budget had no room in all the time: the next sweep decides again what goes
    // first.
    return left.length > 0 ? this.end(rest.length) : this.goOn(rest);
  }

  /** Starts the rows of a wave, and follows them until all have ended, or for as long as a wave may take. */
  private *followed(plan: StartPlan, clients: readonly PlannedRow[]): Flow<readonly PlannedRow[]> {
    const { run, input, isOpen } = this;
    const { limits, policy } = input;
    const since = run.now;
    let rows = clients;
    let idle = 0;
    return yield* repeat<readonly PlannedRow[]>(run, function* (): Flow<Try<readonly PlannedRow[]>> {
      const open = rows.filter(({ status }) => status.state === 'waiting' || status.state === 'running');
      const at = run.now.toISOString();
      const { changes } = yield* run.activities.advanceRuns({ plan, at, limits, rows: open });
      rows = updatedRows(rows, changes);
      idle = changes.some(({ status }) => status.state === 'running') ? 0 : idle + 1;
      const remaining = policy.waveSeconds - run.secondsSince(since);
      if (!rows.some(isOpen) || remaining <= 0) return { value: rows };
      return { seconds: Math.min(backoffSeconds(LOOK, Math.max(1, idle)), Math.max(1, remaining)) };
    });
  }

  /** Whether the wave waits for a row: it runs, or may still be started. */
  private readonly isOpen = ({ status: { state } }: PlannedRow): boolean =>
    state === 'running' || (state === 'waiting' && !this.isFrozen);

  private get isFrozen(): boolean {
    return frozenUntil(this.input.policy.freezeWindows, this.run.now) !== undefined;
  }

  /** Starts nothing more for a while, and alerts operators. */
  *stop(reason: string, queue: readonly DueRotation[]): Flow<SweepOutcome> {
    const { run, input } = this;
    const restsUntil = run.later(input.policy.retrySeconds).toISOString();
    const { sweep } = input;
    const { started, failed } = this.tally;
    const alert = { sweep, reason, started, failed, left: queue.length, restsUntil };
    yield* run.bestEffort('alert', ALERT_SECONDS, ({ activities }) => activities.alertRotationsStopped(alert));
    return { ...this.end(queue.length), stopped: { reason, restsUntil } };
  }

  private goOn(queue: readonly DueRotation[]): SweepOutcome | undefined {
    if (queue.length === 0) return this.end(0);
    const { queue: _before, tally: _earlier, ...same } = this.input;
    this.run.durable.df.continueAsNew({ ...same, queue, tally: this.tally } satisfies SweepInput);
    return undefined;
  }

  private end(left: number): SweepOutcome {
    this.run.log.enter('completed');
    return { ...this.tally, endedAt: this.run.now.toISOString(), left };
  }

  private add(part: Partial<SweepTally>): void {
    const sum = Object.fromEntries(
      Object.entries(part).map(([name, count]) => [name, count + this.tally[name as keyof SweepTally]]),
    );
    this.tally = { ...this.tally, ...sum };
  }
}
