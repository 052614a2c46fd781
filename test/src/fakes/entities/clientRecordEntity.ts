import {
  NOTHING_KNOWN,
  type ClientRecord,
  type ClientRecordOperation,
  type ClientRecordRequest,
} from '../../../../src/domain/clients/clientRecord.js';
import { createPollerIndexEntities, type PollerIndexEntities } from './pollerIndexEntity.js';
import { clientRecord } from '../../../../src/entities/clientRecord.js';

/** One client's entity with its state, as the engine would keep it, and the indexes of pollers that it signals. */
export function createClientRecordEntity(pollers: PollerIndexEntities = createPollerIndexEntities()) {
  let state: ClientRecord = NOTHING_KNOWN;
  return {
    pollers,
    get state(): ClientRecord {
      return state;
    },
    set state(next: ClientRecord) {
      state = next;
    },
    request: async (operation: ClientRecordOperation, request: ClientRecordRequest) => {
      const answer = await clientRecord(operation, request, state, new Date());
      ({ state } = answer);
      for (const signal of answer.signals ?? []) await pollers.signal(structuredClone(signal));
      return structuredClone(answer.outcome);
    },
  };
}
export type ClientRecordEntity = ReturnType<typeof createClientRecordEntity>;
