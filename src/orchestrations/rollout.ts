import type { OrchestrationContext } from 'durable-functions';
import { CLOSED_STATUSES } from '../domain/rollouts/control.js';
import { waitOf } from '../domain/rollouts/gates.js';
import { NO_ROWS, type RowChange } from '../domain/rollouts/row.js';
import { piecesOf } from '../domain/rollouts/pieceState.js';
import { rolloutInstance, type RolloutInput } from '../domain/rollouts/rollout.js';
import type { Directive, RolloutOutcome, RoundReport } from '../domain/rollouts/controlState.js';
import type { StoredRollout } from '../activities/rollouts/claimRollout.js';
import { pauseSeconds } from './rollout/gates.js';
import { RolloutEntities } from './rollout/rolloutEntities.js';
import { RoundState } from './rollout/roundState.js';
import { orUndefined, StepFailed, type Flow } from './run/flow.js';
import { beginRun, type RunContext } from './run/runContext.js';

/** How long, in seconds, to try to alert operators. */
const ALERT_SECONDS = 120;

/**
 * Starts the rows of a rollout in waves, as fast as Azure's rates allow, and follows them until all have ended. Each
 * execution is one round, after which it continues as new to keep its history short. That drops waiting events, but
 * nothing sends events to a rollout: operators' commands reach it through its control entity.
 */
export function* rollout(context: OrchestrationContext): Flow<RolloutOutcome | undefined> {
  const input = context.df.getInput<RolloutInput>();
  const { plan, round, releases } = input;
  const instance = rolloutInstance(plan.id);
  const run = beginRun(context, { instance, priority: plan.dryRun ? 'inventory' : 'rollout' }, input);
  const flow = new Rollout(run, new RoundState(round ?? NOTHING_READ));
  if (releases) return yield* orUndefined(() => flow.releaseAfterEnd());
  try {
    return round === undefined ? yield* flow.open() : yield* flow.round();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return yield* flow.stop(error);
  }
}

const NOTHING_READ = RoundState.ofPieces([]).next;

class Rollout {
  private readonly entities: RolloutEntities;

  constructor(
    private readonly run: RunContext<RolloutInput>,
    private state: RoundState,
  ) {
    this.entities = new RolloutEntities(run, this.plan.id);
  }

  private get plan() {
    return this.run.input.plan;
  }

  /** Reads the rows, and claims their clients. Also when the rollout is started again. */
  *open(): Flow<RolloutOutcome | undefined> {
    const { run, plan, entities } = this;
    const count = piecesOf(plan.rows);
    const stored = yield* this.stored(count);
    if (!stored) return { ...this.ended('cancelled'), counts: { ...NO_ROWS, cancelled: plan.rows } };
    this.state = RoundState.ofPieces(stored.pieces);
    // A dry run changes no client, so it may run beside another rollout.
    if (!plan.dryRun) {
      const answer = yield* run.step('openRollout', () => entities.claim(stored.clients));
      if (answer.conflicts.length > 0 || answer.claimed !== undefined) {
        const { status } = yield* entities.control('refuse', { plan, ...answer });
        // A rollout that is started again, or opened again after its end, keeps its rows.
        if (run.id === plan.id && status === 'refused') this.dropPieces(count);
        return this.ended('refused');
      }
    }
    const directive = yield* run.step('openRollout', () => entities.control('open', { plan }));
    // The first report needs the gates. Commands do not, so that a cancelled rollout ends whatever its gates do.
    yield* this.carryOut(directive);
    return this.goOn();
  }

  /** Reads all rows. @returns undefined if they never arrived and the rollout is cancelled, so that it has ended */
  private *stored(count: number): Flow<StoredRollout | undefined> {
    const { run, plan, entities } = this;
    try {
      return yield* run.step('claimRollout', () => run.activities.claimRollout({ id: plan.id, pieces: count }));
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      const { isAbandoned } = yield* entities.control('abandon', { plan });
      if (!isAbandoned) throw error;
      yield* orUndefined(() => entities.release());
      this.dropPieces(count);
      return undefined;
    }
  }

  private dropPieces(count: number): void {
    for (let piece = 0; piece < count; piece += 1) this.entities.dropPiece(piece);
  }

  /** Reports how the rollout stands, carries out commands, and starts and follows rows. */
  *round(): Flow<RolloutOutcome | undefined> {
    const { run, plan, state } = this;
    const directive = yield* this.commanded();
    yield* this.alertOfPause(directive);
    if (state.open === 0) return yield* this.end();
    if (plan.dryRun) {
      if (directive.status === 'running') yield* this.planRows();
    } else yield* this.advance(directive);
    this.show(directive);
    const waits = this.waits;
    if (state.open > 0 && !(plan.dryRun && directive.status === 'running'))
      yield* run.pause(pauseSeconds(directive, waits, state.next, state.open, run.now));
    return this.goOn();
  }

  /**
   * Carries out commands until there are none, and reports. The gates are judged after the commands, which do not need
   * them.
   */
  private *commanded(): Flow<Directive> {
    const { commands } = yield* this.entities.control('read', {});
    const ids = yield* this.carryOutEach(commands);
    return yield* this.carryOut(yield* this.entities.control('report', this.report(ids)));
  }

  /** Carries out commands, and reports so, until there are none. */
  private *carryOut(first: Directive): Flow<Directive> {
    let directive = first;
    while (directive.commands.length > 0) {
      const ids = yield* this.carryOutEach(directive.commands);
      directive = yield* this.entities.control('report', this.report(ids));
    }
    return directive;
  }

  /** @returns the ids of the commands */
  private *carryOutEach(commands: Directive['commands']): Flow<readonly string[]> {
    const { entities, state } = this;
    for (const { id, command } of commands) {
      if (command === 'retry-failed')
        yield* state.retryFailed(entities, id, (piece) => this.findStarted(piece, 'ended'));
      if (command === 'cancel') {
        yield* this.noteStarted();
        yield* state.cancelWaiting(entities);
      }
    }
    return commands.map(({ id }) => id);
  }

  /**
   * Notes rows as running whose start was not noted, so that they are not cancelled, and not started again by a retry.
   */
  private *noteStarted(): Flow<void> {
    const { plan, state, entities } = this;
    if (plan.dryRun) return;
    for (const piece of state.waitingPieces) {
      const changes = yield* this.findStarted(piece, 'waiting');
      if (changes.length > 0) yield* state.note(entities, [{ piece, changes }]);
    }
  }

  /** Finds the runs of rows of a piece that wait, or have ended without that the end of their run is known. */
  private *findStarted(piece: number, rows: 'waiting' | 'ended'): Flow<readonly RowChange[]> {
    const { run, plan, state } = this;
    const { versions } = state.next;
    const at = run.now.toISOString();
    const { changes } = yield* run.step('findStarted', () =>
      run.activities.findStarted({ plan, at, limits: run.limits, piece, versions, rows }),
    );
    return changes;
  }

  /** Reads the ends of operations, and starts the next ones. */
  private *advance({ status, readAll, recount }: Directive): Flow<void> {
    const { run, plan, state, waits } = this;
    const mayStart = status === 'running' && waits === undefined;
    const at = run.now.toISOString();
    if (!mayStart && state.counts.running === 0) return state.hasRead(recount, { hasUnread: false });
    const advance = yield* run.step('advanceRollout', () =>
      run.activities.advanceRollout({
        plan,
        at,
        limits: run.limits,
        round: state.next,
        mayStart,
        readAll: readAll === true,
        // The failures of a wave have been reported before the next one begins.
        mayEnterNextWave: mayStart && state.next.waveEndedAt !== undefined,
      }),
    );
    yield* state.note(this.entities, advance.pieces);
    state.hasRead(recount, advance);
    // The engine may have executed an entity's operation twice. Without the new versions no row would start any more.
    if (advance.isLate) yield* state.readAgain(this.entities);
    state.waved(advance.wave, advance.open, run.now);
  }

  /** Plans the next rows of a dry run. */
  private *planRows(): Flow<void> {
    const { run, plan, state } = this;
    const piece = state.firstWaiting;
    if (piece === undefined) return;
    const { versions } = state.next;
    const { changes } = yield* run.step('planRollout', () =>
      run.activities.planRollout({ plan: { id: plan.id, kind: plan.kind }, piece, versions }),
    );
    yield* state.note(this.entities, [{ piece, changes }]);
  }

  /**
   * Alerts operators once for each time that failures pause the rollout, also if it was resumed since the last round.
   */
  private *alertOfPause({ status, reason, pausedAt }: Directive): Flow<void> {
    const { run, plan, state } = this;
    const isPaused = status === 'paused' && reason === 'failure-limit';
    if (!isPaused || pausedAt === undefined || pausedAt === state.next.alertedAt) return;
    const { completed, failed } = state.counts;
    const alert = { ...this.named, pausedAt, rows: plan.rows, completed, failed, failures: state.failures };
    yield* run.bestEffort('alert', ALERT_SECONDS, ({ activities }) => activities.alertRolloutPaused(alert));
    state.alerted(pausedAt);
  }

  /** Ends the rollout, unless a command has come in the meantime. */
  private *end(): Flow<RolloutOutcome | undefined> {
    const { run, plan, state, entities } = this;
    const { counts, failures } = state;
    const { status } = yield* run.step('endRollout', () => entities.control('end', { counts, failures }));
    if (status !== 'completed' && status !== 'cancelled') return this.goOn();
    // The control entity has noted the end, so nothing may fail any more. Claims that stay are ended later
    // (releaseAfterEnd).
    if (!plan.dryRun) yield* orUndefined(() => entities.release());
    const { completed, failed, cancelled } = counts;
    const alert = { ...this.named, endedAt: run.now.toISOString(), rows: plan.rows, completed, failed, cancelled };
    yield* run.bestEffort('alert', ALERT_SECONDS, ({ activities }) =>
      activities.alertRolloutCompleted({ ...alert, failures }),
    );
    // The engine refuses to start this instance until it has ended, so a command of the last minutes is carried out
    // here.
    const last = yield* orUndefined(() => run.step('endRollout', () => entities.control('end', { counts, failures })));
    return last && last.commands.length > 0 ? this.openAgain(last) : this.ended(status);
  }

  /**
   * Ends the claims of a rollout that has ended before, in its own orchestration: so it cannot be opened again, and
   * claim its clients, in the meantime. If that fails, the timer that has started this starts it again.
   *
   * @returns undefined: the rollout has no other end than before
   */
  *releaseAfterEnd(): Flow<undefined> {
    const { status, commands } = yield* this.entities.control('read', {});
    if (commands.length > 0) return this.openAgain({ commands });
    if (CLOSED_STATUSES.includes(status)) yield* this.entities.release();
    return undefined;
  }

  /** Ends this run since a part of it failed. The claims stay, and operators can start it again. */
  *stop(error: StepFailed): Flow<RolloutOutcome> {
    yield* orUndefined(() => this.entities.control('stop', { plan: this.plan }));
    return { ...this.ended('stopped'), message: error.message };
  }

  /** Opens the rollout again in a new execution, which claims the clients again, for whoever gave the last command. */
  private openAgain({ commands }: Pick<Directive, 'commands'>): undefined {
    const { round: _round, releases: _releases, ...before } = this.run.input;
    const input: RolloutInput = { ...before, actor: commands.at(-1)?.actor ?? before.actor };
    this.run.durable.df.continueAsNew(input);
    return undefined;
  }

  private goOn(): undefined {
    const input: RolloutInput = { ...this.run.input, round: this.state.next };
    this.run.durable.df.continueAsNew(input);
    return undefined;
  }

  private ended(status: RolloutOutcome['status']): RolloutOutcome {
    this.run.log.enter(status);
    return { status, endedAt: this.run.now.toISOString(), counts: this.state.counts };
  }

  private report(carriedOut: readonly string[]): RoundReport {
    const { state, waits } = this;
    const { counts, failures, wave } = state;
    const { allReadFor } = state.next;
    return {
      counts,
      failures,
      wave,
      carriedOut,
      ...(allReadFor === undefined ? {} : { allReadFor }),
      ...(waits === undefined ? {} : { waits }),
    };
  }

  private get waits(): RoundReport['waits'] {
    // Without a row that waits, nothing is held up.
    return this.state.firstWaiting === undefined ? undefined : waitOf(this.plan, this.state.next, this.run.now);
  }

  private get named() {
    const { id, name, kind } = this.plan;
    return { rollout: id, kind, ...(name === undefined ? {} : { name }) };
  }

  private show({ status }: Directive): void {
    const { open, wave } = this.state;
    this.run.log.enter(`${status}, wave ${wave + 1}: ${this.plan.rows - open} of ${this.plan.rows} rows have ended`);
  }
}
