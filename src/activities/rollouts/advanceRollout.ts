import { isYounger } from '../../domain/times/isYounger.js';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { activeUntil } from '../../domain/rollouts/control.js';
import { waitOf } from '../../domain/rollouts/gates.js';
import { PIECE_ROWS } from '../../domain/rollouts/pieceState.js';
import type { ControlState } from '../../domain/rollouts/controlState.js';
import type { RolloutPlan, RolloutRound } from '../../domain/rollouts/rollout.js';
import type { RowChange, RowCounts, RowStatus } from '../../domain/rollouts/row.js';
import type { PlannedRow } from '../../domain/rollouts/startPlan.js';
import { waveCount, waveRows } from '../../domain/rollouts/waves.js';
import type { Pace } from '../../ports/pace.js';
import type { Runs } from '../../ports/runs.js';
import { eachOf } from '../../queries/eachOf.js';
import { armPrincipals } from '../../settings/armIdentities.js';
import type { Config } from '../../settings/config.js';
import { admittedRows } from '../starting/admittedRows.js';
import { endedRows, operationsToRead } from '../starting/rowEnds.js';
import type { RoundOfRuns } from '../starting/rowRuns.js';
import { startRows } from '../starting/startRows.js';
import { Pieces, withPieces } from './pieces.js';

/** Milliseconds for which rows are started by one read of the control. */
const CONTROL_AGE = 2_000;

type RolloutConfig = Pick<Config, 'profileBook' | 'registries' | 'arm' | 'identity'>;

export interface AdvanceRolloutInput extends RoundOfRuns {
  readonly plan: RolloutPlan;
  readonly round: Pick<RolloutRound, 'versions' | 'counts' | 'wave' | 'waveEndedAt'>;
  /** False while the rollout is paused or waits. Ends of operations are read all the same. */
  readonly mayStart: boolean;
  /** Whether to read the ends of all running operations, however many they are. */
  readonly readAll: boolean;
  /** False until the pause after the wave in progress is over. */
  readonly mayEnterNextWave: boolean;
}

/** What one round has changed. */
export interface RolloutAdvance {
  /** New statuses of rows, for each piece that has any. */
  readonly pieces: readonly { readonly piece: number; readonly changes: readonly RowChange[] }[];
  /** The wave in progress. */
  readonly wave: number;
  /** Number of its rows that have not ended. */
  readonly open: number;
  /** Whether more operations run than the round has read. */
  readonly hasUnread: boolean;
  /** Whether a piece has changed since the round began. Then nothing was started, and the pieces must be read again. */
  readonly isLate: boolean;
}

/**
 * Reads which operations of a rollout have ended, and starts rows of the wave in progress as fast as the budgets allow.
 */
export function advanceRollout(config: RolloutConfig, pace: Pace) {
  const principals = armPrincipals(config).length;
  return (input: AdvanceRolloutInput, runs: Runs): Promise<StepOutcome<RolloutAdvance>> =>
    withPieces(async () => {
      const { plan, round } = input;
      const pieces = new Pieces(plan.id, runs, round.versions);
      const { ended, hasUnread } = await readEnds(input, pieces, runs, input.readAll ? Infinity : principals);
      const { wave, open } = await waveInProgress(input, pieces, ended);
      const waiting = open.filter(({ status }) => status.state === 'waiting');
      const mayStart = input.mayStart && waiting.length > 0 && !pieces.isLate;
      const started = mayStart ? await startWaiting(input, waiting, { runs, pace, config }) : [];
      const changes = new Map([...ended, ...started.map(({ row, status }) => [row, status] as const)]);
      const left = open.filter(({ row, status }) => isOpen(changes.get(row) ?? status));
      return done({ pieces: byPiece(changes), wave, open: left.length, hasUnread, isLate: pieces.isLate });
    });
}

/** New statuses by the number of the row. */
type RowStatuses = ReadonlyMap<number, RowStatus>;

/** Reads how running operations have ended. @param shares how many principals' share of the reads may be used */
async function readEnds(
  { at, round }: AdvanceRolloutInput,
  pieces: Pieces,
  runs: Runs,
  shares: number,
): Promise<{ readonly ended: RowStatuses; readonly hasUnread: boolean }> {
  const withRunning = round.counts.flatMap(({ running }, piece) => (running > 0 ? [piece] : []));
  const read = await eachOf(withRunning, async (piece) => ({ piece, ...(await pieces.of(piece)) }));
  const rows = read.flatMap((piece) => piece.rows);
  const { asked, hasUnread } = operationsToRead(rows, at, shares);
  const ended = new Map<number, RowStatus>();
  for (const { piece, ...state } of read)
    for (const { index, status } of await endedRows(state, runs, asked)) ended.set(piece * PIECE_ROWS + index, status);
  return { ended, hasUnread };
}

/**
 * The first wave from the round's on, as far as the next may begin, that has rows which have not ended, and these rows.
 */
async function waveInProgress(
  { plan, round, mayEnterNextWave }: AdvanceRolloutInput,
  pieces: Pieces,
  ended: RowStatuses,
) {
  const last = mayEnterNextWave ? waveCount(plan) - 1 : round.wave;
  let { wave } = round;
  let open = await openRows(plan, wave, round.counts, pieces, ended);
  while (open.length === 0 && wave < last) {
    wave += 1;
    open = await openRows(plan, wave, round.counts, pieces, ended);
  }
  return { wave, open };
}

/** The rows of a wave that have not ended. Pieces without open rows are not read. */
async function openRows(
  plan: RolloutPlan,
  wave: number,
  countsOfPieces: readonly RowCounts[],
  pieces: Pieces,
  ended: RowStatuses,
): Promise<PlannedRow[]> {
  const found: PlannedRow[] = [];
  const { from, to } = waveRows(plan, wave);
  for (let piece = Math.floor(from / PIECE_ROWS); piece * PIECE_ROWS < to; piece += 1) {
    const counts = countsOfPieces[piece];
    if (!counts || counts.waiting + counts.running === 0) continue;
    const { requests, rows } = await pieces.of(piece);
    for (const [index, before] of rows.entries()) {
      const row = piece * PIECE_ROWS + index;
      const request = requests[index];
      const status = ended.get(row) ?? before;
      if (request && row >= from && row < to && isOpen(status)) found.push({ row, request, status });
    }
  }
  return found;
}

/** Starts waiting rows, as many as the budgets admit, while the rollout's control lets them. */
async function startWaiting(
  input: AdvanceRolloutInput,
  waiting: readonly PlannedRow[],
  { runs, pace, config }: { readonly runs: Runs; readonly pace: Pace; readonly config: RolloutConfig },
) {
  const { plan, round } = input;
  const control = runningControl(plan.id, runs);
  const first = await control();
  if (!first) return [];
  const activeSeconds = activeUntil(first, new Date());
  // The orchestration judged the time at which it asked. The host may have been down since, and starts take their time.
  const mayStart = async () => waitOf(plan, round, new Date()) === undefined && (await control()) !== undefined;
  const admitted = (await mayStart()) ? admittedRows(input, waiting, { pace, config }) : [];
  return startRows(input, admitted, { runs, pace, config, activeSeconds, mayStart });
}

/**
 * Reads the rollout's control, again after {@link CONTROL_AGE}, so that a pause or a cancel stops the starts of a round
 * in progress. Starts beside each other share a read.
 */
function runningControl(id: string, runs: Pick<Runs, 'rolloutControl'>): () => Promise<ControlState | undefined> {
  let read: { readonly at: number; readonly control: Promise<ControlState | undefined> } | undefined;
  return () => {
    const now = Date.now();
    if (!read || !isYounger(read.at, CONTROL_AGE, now))
      read = { at: now, control: runs.rolloutControl(id).then(ifRunning) };
    return read.control;
  };
}

/**
 * The rollout's control, if rows may start. The engine may execute an activity again minutes later, when the rollout is
 * paused, waits or was cancelled. A read that is too old costs a round.
 */
function ifRunning(control: ControlState | undefined): ControlState | undefined {
  if (control?.status !== 'running' || control.reason !== undefined) return undefined;
  return control.commands.some(({ command }) => command === 'cancel') ? undefined : control;
}

function isOpen({ state }: RowStatus): boolean {
  return state === 'waiting' || state === 'running';
}

function byPiece(changes: RowStatuses): RolloutAdvance['pieces'] {
  const found = new Map<number, RowChange[]>();
  for (const [row, status] of changes) {
    const piece = Math.floor(row / PIECE_ROWS);
    found.set(piece, [...(found.get(piece) ?? []), { index: row % PIECE_ROWS, status }]);
  }
  return [...found].map(([piece, list]) => ({ piece, changes: list }));
}
