import {
  NO_HOLDS,
  type MapHolderOperation,
  type MapHolderRequest,
  type MapHolderState,
} from '../../../../src/domain/scopeMaps/mapHolds.js';
import { createMapHolder } from '../../../../src/entities/mapHolder.js';
import type { World } from '../worlds/world.js';

/** The entity as the engine runs it: one operation after another, its state kept as JSON in between. */
export function createMapHolderEntity(world: World) {
  const work = createMapHolder(world.ports.controlPlane);
  let state: MapHolderState = NO_HOLDS;
  return {
    state: () => state,
    request: async (
      operation: MapHolderOperation,
      request: MapHolderRequest,
      now = new Date('2026-03-01T12:00:00Z'),
    ) => {
      const answer = await work({ operation, request }, state, now);
      state = JSON.parse(JSON.stringify(answer.state)) as MapHolderState;
      return answer.outcome;
    },
  };
}
