import * as df from 'durable-functions';
import type { DurableClient } from 'durable-functions';
import { pieceKey, ROLLOUT_PIECE, type PieceState } from '../../domain/rollouts/pieceState.js';
import { ROLLOUT_CONTROL, type ControlState } from '../../domain/rollouts/controlState.js';

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

/** Reads a rollout's control entity. It may not show pending entity operations yet. @returns undefined if there is none */
export async function readRolloutControl(client: DurableClient, id: string): Promise<ControlState | undefined> {
  const { entityExists, entityState } = await client.readEntityState<ControlState>(
    new df.EntityId(ROLLOUT_CONTROL, id),
  );
  return entityExists ? entityState : undefined;
}
