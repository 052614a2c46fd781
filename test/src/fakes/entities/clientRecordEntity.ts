import {
  NOTHING_KNOWN,
  type ClientRecord,
  type ClientRecordOperation,
  type ClientRecordRequests,
} from '../../../../src/domain/clients/clientRecord.js';
import type { EntityCall } from '../../../../src/domain/operations/entityCall.js';
import { createPollerIndexEntities, type PollerIndexEntities } from './pollerIndexEntity.js';
import { createClientRecord } from '../../../../src/entities/clientRecord.js';
import type { VaultHosts } from '../../../../src/domain/vaults/clientVault.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { vaultHosts } from '../../../../src/settings/vaults.js';
import { reference } from '../answers/orders.js';
import { config } from '../answers/requests.js';

/** One client's entity with its state, as the engine would keep it, and the indexes of pollers that it signals. */
export function createClientRecordEntity(
  pollers: PollerIndexEntities = createPollerIndexEntities(),
  hosts: VaultHosts = vaultHosts(config()),
  key = clientKey(reference()),
) {
  const clientRecord = createClientRecord(hosts);
  let state: ClientRecord = NOTHING_KNOWN;
  return {
    pollers,
    get state(): ClientRecord {
      return state;
    },
    set state(next: ClientRecord) {
      state = next;
    },
    request: async <Operation extends ClientRecordOperation>(
      operation: Operation,
      request: ClientRecordRequests[Operation],
    ) => {
      const answer = await clientRecord(
        { operation, request } as EntityCall<ClientRecordRequests>,
        state,
        new Date(),
        key,
      );
      ({ state } = answer);
      for (const signal of answer.signals ?? []) await pollers.signal(structuredClone(signal));
      return structuredClone(answer.outcome);
    },
  };
}
export type ClientRecordEntity = ReturnType<typeof createClientRecordEntity>;
