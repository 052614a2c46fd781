import type { EntitySignal } from '../../../../src/entities/registerEntity.js';
import type { EntityCall } from '../../../../src/domain/operations/entityCall.js';
import {
  NO_CLIENTS,
  type PollerIndexRequests,
  type PollerIndexState,
} from '../../../../src/domain/polling/pollerIndex.js';
import { pollerIndex } from '../../../../src/entities/pollerIndex.js';

/** The indexes of all pollers, each with its state as the engine would keep it. */
export function createPollerIndexEntities() {
  const states = new Map<string, PollerIndexState>();
  const request = async (objectId: string, call: EntityCall<PollerIndexRequests>) => {
    const answer = await pollerIndex(call, states.get(objectId) ?? NO_CLIENTS);
    states.set(objectId, structuredClone(answer.state));
    return structuredClone(answer.outcome);
  };
  return {
    stateOf: (objectId: string): PollerIndexState => states.get(objectId) ?? NO_CLIENTS,
    /** Device ids of the clients that the index of an identity lists. */
    clientsOf: (objectId: string): string[] => (states.get(objectId)?.clients ?? []).map(({ client }) => client.client),
    request,
    /** Carries out what another entity signals. */
    signal: ({ entity, ...call }: EntitySignal) => request(entity.key, call as EntityCall<PollerIndexRequests>),
  };
}
export type PollerIndexEntities = ReturnType<typeof createPollerIndexEntities>;
