import {
  NOTHING_KNOWN,
  type ClientRecord,
  type ClientRecordOperation,
  type ClientRecordRequest,
} from '../../../../src/domain/clients/clientRecord.js';
import { clientRecord } from '../../../../src/entities/clientRecord.js';

/** One client's entity with its state, as the engine would keep it. */
export function createClientRecordEntity() {
  let state: ClientRecord = NOTHING_KNOWN;
  return {
    get state(): ClientRecord {
      return state;
    },
    set state(next: ClientRecord) {
      state = next;
    },
    request: async (operation: ClientRecordOperation, request: ClientRecordRequest) => {
      const answer = await clientRecord(operation, request, state, new Date());
      ({ state } = answer);
      return structuredClone(answer.outcome);
    },
  };
}
export type ClientRecordEntity = ReturnType<typeof createClientRecordEntity>;
