import type { OrchestrationContext } from 'durable-functions';
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
import { later, secondsSince, StepFailed, type Flow } from './run/flow.js';
import type { ProgressLog } from './run/progressLog.js';
import { runParts } from './run/runParts.js';
import type { StepRunner } from './run/stepRunner.js';

/** How often a wave is looked at, in seconds: twice as long each time. */
const LOOK = { first: 15, longest: 300 };

/** How long to try to tell operators that the sweep was stopped. */
const ALERT_SECONDS = 300;

/** So many old passwords are revoked by one activity. */
const REVOCATIONS_AT_ONCE = 20;

/**
 * Looks for what is due, revokes old passwords that nobody needs, and starts rotations in waves, those that near their end
 * first. It begins anew after each wave, which keeps its history short; that drops events that wait, and nobody sends it
 * any.
 */
export function* rotationSweep(context: OrchestrationContext): Flow<SweepOutcome | undefined> {
  const input = context.df.getInput<SweepInput>();
  const { log, runner } = runParts(context, { ...input, run: input.sweep }, { instance: SWEEP_INSTANCE });
  const sweep = new Sweep(context, input, log, runner);
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
    private readonly context: OrchestrationContext,
    private readonly input: SweepInput,
    private readonly log: ProgressLog,
    private readonly runner: StepRunner,
  ) {
    this.tally = input.tally ?? NOTHING_SWEPT;
  }

  /** Reads through the vault, page after page, and revokes what may go on the way. */
  *look(): Flow<SweepOutcome | undefined> {
    const { runner, log, input } = this;
    const { policy } = input;
    const max = policy.waveSize * MAX_WAVES;
    let due: readonly DueRotation[] = [];
    let continuation: string | undefined;
    log.enter('looking');
    do {
      const from = continuation === undefined ? {} : { continuation };
      const found = yield* runner.step('findDueRotations', () =>
        runner.steps.findDueRotations({ policy, max, ...from }),
      );
      due = firstDue([...due, ...found.rotations], max);
      this.add({ deferred: found.deferred });
      for (let start = 0; start < found.revocations.length; start += REVOCATIONS_AT_ONCE) {
        const clients = found.revocations.slice(start, start + REVOCATIONS_AT_ONCE);
        const { revoked } = yield* runner.step('revokeOldPasswords', () =>
          runner.steps.revokeOldPasswords({ clients }),
        );
        this.add({ revoked });
      }
      ({ continuation } = found);
    } while (continuation !== undefined);
    return this.goOn(due);
  }

  /** Starts the next rotations, and waits for their ends. */
  *wave(queue: readonly DueRotation[]): Flow<SweepOutcome | undefined> {
    const { context, runner, log, input } = this;
    const { policy, sweep, actor, limits } = input;
    // The queue may have waited through a long wave.
    if (frozenUntil(policy.freezeWindows, context.df.currentUtcDateTime)) return this.end(queue.length);
    const clients = queue.slice(0, policy.waveSize);
    const rest = queue.slice(policy.waveSize);
    const at = context.df.currentUtcDateTime;
    log.enter(`wave ${this.tally.waves + 1}`);
    const { started, busy } = yield* runner.step('startRotations', () =>
      runner.steps.startRotations({ sweep, actor, clients, at: at.toISOString(), limits }),
    );
    const { completed, failed, running } = yield* runner.step('awaitWave', () => this.ended(started, at));
    this.add({ waves: 1, started: started.length, busy, completed, failed, underWay: running });
    if (this.tally.failed >= policy.failureLimit)
      return yield* this.stop(`${this.tally.failed} rotations have failed`, rest);
    return this.goOn(rest);
  }

  private *ended(operations: readonly string[], since: Date) {
    const { context, runner, input } = this;
    for (let look = 0; ; look += 1) {
      const progress = yield* runner.steps.readRotations({ operations });
      if (progress.running === 0 || secondsSince(context, since) >= input.policy.waveSeconds) return progress;
      const left = input.policy.waveSeconds - secondsSince(context, since);
      yield* runner.pause(Math.min(LOOK.longest, LOOK.first * 2 ** Math.min(look, 10), Math.max(1, left)));
    }
  }

  /** Nothing more is started for a while, and operators are told. */
  *stop(reason: string, queue: readonly DueRotation[]): Flow<SweepOutcome> {
    const { context, input } = this;
    const restsUntil = later(context, input.policy.retrySeconds).toISOString();
    const { sweep } = input;
    const { started, failed } = this.tally;
    const alert = { sweep, reason, started, failed, left: queue.length, restsUntil };
    yield* this.runner.bestEffort('alert', ALERT_SECONDS, (steps) => steps.alertRotationsStopped(alert));
    return { ...this.end(queue.length), stopped: { reason, restsUntil } };
  }

  private goOn(queue: readonly DueRotation[]): SweepOutcome | undefined {
    if (queue.length === 0) return this.end(0);
    const { queue: _before, tally: _earlier, ...same } = this.input;
    this.context.df.continueAsNew({ ...same, queue, tally: this.tally } satisfies SweepInput);
    return undefined;
  }

  private end(left: number): SweepOutcome {
    this.log.enter('completed');
    return { ...this.tally, endedAt: this.context.df.currentUtcDateTime.toISOString(), left };
  }

  private add(part: Partial<SweepTally>): void {
    const sum = Object.fromEntries(
      Object.entries(part).map(([name, count]) => [name, count + this.tally[name as keyof SweepTally]]),
    );
    this.tally = { ...this.tally, ...sum };
  }
}
