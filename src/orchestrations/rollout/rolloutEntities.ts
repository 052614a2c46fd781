import * as df from 'durable-functions';
import { pieceKey, ROLLOUT_PIECE, type PieceAnswer, type PieceRequests } from '../../domain/rollouts/pieceState.js';
import { ROLLOUT_CLAIMS, ROLLOUT_CLAIMS_KEY, type ClaimAnswer } from '../../domain/rollouts/claimsState.js';
import { ROLLOUT_CONTROL, type ControlRequests, type Directive } from '../../domain/rollouts/controlState.js';
import type { Flow } from '../run/flow.js';
import type { RunContext } from '../run/runContext.js';

/**
 * The entities of one rollout, as its orchestration calls them. Every operation may be repeated. All throw StepFailed.
 */
export class RolloutEntities {
  constructor(
    private readonly run: RunContext,
    private readonly id: string,
  ) {}

  /** Notes the progress of the rollout. @returns its status, and what to do next */
  control<Operation extends 'read' | 'open' | 'refuse' | 'report' | 'stop' | 'abandon' | 'end'>(
    operation: Operation,
    request: ControlRequests[Operation],
  ): Flow<Directive> {
    return this.run.callEntity(new df.EntityId(ROLLOUT_CONTROL, this.id), operation, request);
  }

  piece<Operation extends 'read' | 'note' | 'retryFailed' | 'cancelWaiting'>(
    piece: number,
    operation: Operation,
    request: PieceRequests[Operation],
  ): Flow<PieceAnswer> {
    return this.run.callEntity(this.pieceEntity(piece), operation, request);
  }

  dropPiece(piece: number): void {
    this.run.notifyEntity(this.pieceEntity(piece), 'drop', {});
  }

  /** Claims clients for the rollout; none if another open rollout has one of them. @param clients hashes, one a row */
  claim(clients: readonly string[]): Flow<ClaimAnswer> {
    return this.run.callEntity(CLAIMS, 'claim', { rollout: this.id, clients });
  }

  release(): Flow<object> {
    return this.run.callEntity(CLAIMS, 'release', { rollout: this.id });
  }

  private pieceEntity(piece: number): df.EntityId {
    return new df.EntityId(ROLLOUT_PIECE, pieceKey(this.id, piece));
  }
}

const CLAIMS = new df.EntityId(ROLLOUT_CLAIMS, ROLLOUT_CLAIMS_KEY);
