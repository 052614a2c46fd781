import { openRows } from '../../domain/rollouts/counts.js';
import { NO_ROWS, type RowChange, type RowCounts } from '../../domain/rollouts/row.js';
import type { PieceAnswer } from '../../domain/rollouts/pieceState.js';
import type { RolloutRound } from '../../domain/rollouts/rollout.js';
import type { Flow } from '../run/flow.js';
import type { RolloutEntities } from './rolloutEntities.js';

/** Of a wave that nobody waits for: the first wave with open rows is entered at once. */
const LONG_AGO = '1970-01-01T00:00:00.000Z';

/** What a rollout knows in a round, and hands over to the next one. */
export class RoundState {
  constructor(private round: RolloutRound) {}

  /** The state in which a rollout is opened, or started again. */
  static ofPieces(pieces: readonly PieceAnswer[]): RoundState {
    const [versions, counts, failures] = [
      pieces.map(({ version }) => version),
      pieces.map(({ counts }) => counts),
      pieces.map(({ failures }) => failures),
    ];
    return new RoundState({ versions, counts, failures, wave: 0, waveEndedAt: LONG_AGO, idle: 0 });
  }

  /** What the next round begins with. */
  get next(): RolloutRound {
    return this.round;
  }
  get wave(): number {
    return this.round.wave;
  }

  /** Rows by state. */
  get counts(): RowCounts {
    const total: Record<keyof RowCounts, number> = { ...NO_ROWS };
    for (const counts of this.round.counts)
      for (const [state, count] of Object.entries(counts)) total[state as keyof RowCounts] += count;
    return total;
  }

  /** Failed rows by code. */
  get failures(): Readonly<Record<string, number>> {
    const total: Record<string, number> = {};
    for (const failures of this.round.failures)
      for (const [code, count] of Object.entries(failures)) total[code] = (total[code] ?? 0) + count;
    return total;
  }

  /** Number of rows that have not ended. */
  get open(): number {
    return openRows(this.counts);
  }

  /** The pieces with rows that wait. */
  get waitingPieces(): readonly number[] {
    return this.round.counts.flatMap(({ waiting }, piece) => (waiting > 0 ? [piece] : []));
  }

  /** The first piece with rows that wait; undefined without any. */
  get firstWaiting(): number | undefined {
    const piece = this.round.counts.findIndex(({ waiting }) => waiting > 0);
    return piece < 0 ? undefined : piece;
  }

  /** Writes the changes of a round to the pieces. */
  *note(
    entities: RolloutEntities,
    pieces: readonly { readonly piece: number; readonly changes: readonly RowChange[] }[],
  ): Flow<void> {
    for (const { piece, changes } of pieces) this.answered(piece, yield* entities.piece(piece, 'note', { changes }));
    this.change({ idle: pieces.length > 0 ? 0 : this.round.idle + 1 });
  }

  /**
   * Notes that a round has read the ends of operations. If it has left some unread, ends may be there, so the next
   * round comes soon.
   * @param recount the recount that was seen before the round read them, if there was one
   */
  hasRead(recount: number | undefined, { hasUnread }: { readonly hasUnread: boolean }): void {
    const { hasUnread: _before, ...rest } = this.round;
    if (hasUnread) this.round = { ...rest, hasUnread };
    else this.round = recount === undefined ? rest : { ...rest, allReadFor: recount };
  }

  /** Reads how all pieces stand. */
  *readAgain(entities: RolloutEntities): Flow<void> {
    for (const piece of this.round.counts.keys()) this.answered(piece, yield* entities.piece(piece, 'read', {}));
  }

  /**
   * Makes failed and cancelled rows wait again. The first wave with open rows is then entered at once.
   * @param findRunning which of these rows of a piece have a run that must be followed instead
   */
  *retryFailed(
    entities: RolloutEntities,
    command: string,
    findRunning: (piece: number) => Flow<readonly RowChange[]>,
  ): Flow<void> {
    const before = this.open;
    for (const [piece, { failed, cancelled }] of this.round.counts.entries()) {
      const found = failed + cancelled > 0 ? yield* findRunning(piece) : [];
      this.answered(piece, yield* entities.piece(piece, 'retryFailed', { command, found }));
    }
    // Without a row to retry, the pause between two waves goes on.
    this.change(this.open > before ? { wave: 0, waveEndedAt: LONG_AGO, idle: 0 } : { idle: 0 });
  }

  /** Cancels all rows that wait. */
  *cancelWaiting(entities: RolloutEntities): Flow<void> {
    for (const piece of this.round.counts.keys())
      this.answered(piece, yield* entities.piece(piece, 'cancelWaiting', {}));
    this.change({ idle: 0 });
  }

  /** Notes which wave is in progress, and when it ended. @param open number of its rows that have not ended */
  waved(wave: number, open: number, now: Date): void {
    const { waveEndedAt, ...rest } = this.round;
    const endedAt = wave === rest.wave ? (waveEndedAt ?? now.toISOString()) : now.toISOString();
    this.round = open > 0 ? { ...rest, wave } : { ...rest, wave, waveEndedAt: endedAt };
  }

  /** Notes that operators were alerted of a pause. @param pausedAt when it began */
  alerted(pausedAt: string): void {
    this.change({ alertedAt: pausedAt });
  }

  private answered(piece: number, { version, counts, failures }: PieceAnswer): void {
    const { round } = this;
    this.change({
      versions: round.versions.with(piece, version),
      counts: round.counts.with(piece, counts),
      failures: round.failures.with(piece, failures),
    });
  }

  private change(part: Partial<RolloutRound>): void {
    this.round = { ...this.round, ...part };
  }
}
