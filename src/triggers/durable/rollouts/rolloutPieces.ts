import * as df from 'durable-functions';
import type { DurableClient } from 'durable-functions';
import { ROLLOUT_CLAIMS, ROLLOUT_CLAIMS_KEY, type ClaimsState } from '../../../domain/rollouts/claimsState.js';
import { ROLLOUT_CONTROL, type ControlState } from '../../../domain/rollouts/controlState.js';
import { pieceKey, ROLLOUT_PIECE, type PieceState } from '../../../domain/rollouts/pieceState.js';

/** Reads a piece of a rollout. It may not show pending entity operations yet. @returns undefined if there is none */
export async function readRolloutPiece(
  client: DurableClient,
  id: string,
  piece: number,
): Promise<PieceState | undefined> {
  const entity = new df.EntityId(ROLLOUT_PIECE, pieceKey(id, piece));
  const { entityExists, entityState } = await client.readEntityState<PieceState>(entity);
  return entityExists ? entityState : undefined;
}

/**
 * Reads a rollout's control entity. It may not show pending entity operations yet.
 * @returns undefined if there is none
 */
export async function readRolloutControl(client: DurableClient, id: string): Promise<ControlState | undefined> {
  const { entityExists, entityState } = await client.readEntityState<ControlState>(
    new df.EntityId(ROLLOUT_CONTROL, id),
  );
  return entityExists ? entityState : undefined;
}

/** Reads which rollouts have which clients. It may not show pending entity operations yet. */
export async function readRolloutClaims(client: DurableClient): Promise<ClaimsState> {
  const { entityExists, entityState } = await client.readEntityState<ClaimsState>(
    new df.EntityId(ROLLOUT_CLAIMS, ROLLOUT_CLAIMS_KEY),
  );
  return entityExists ? (entityState ?? {}) : {};
}
