import {
  disownGrant,
  dropGrants,
  endGrants,
  noteGrant,
  completeGrant,
  undoGrant,
  type AccessRequests,
  type HeldAccess,
} from '../domain/access/heldAccess.js';
import type { ClientRecord } from '../domain/clients/clientRecord.js';

/** What each operation about access makes of the client's record. */
export const ACCESS_WORK: {
  readonly [Operation in keyof AccessRequests]: (
    record: ClientRecord,
    request: AccessRequests[Operation],
  ) => ClientRecord;
} = {
  noteGrant: (record, request) => ({ ...record, access: noteGrant(record.access, request) }),
  undoGrant: (record, request) => ({ ...record, access: undoGrant(record.access, request) }),
  endGrants: (record) => withAccess(record, endGrants(record.access)),
  disownGrant: (record, request) => withAccess(record, disownGrant(record.access, request)),
  completeGrant: (record, request) => ({ ...record, access: completeGrant(record.access, request) }),
  dropGrants: (record, withdrawn) => withAccess(record, dropGrants(record.access, withdrawn)),
};

/** A record without access keeps none. */
function withAccess(record: ClientRecord, access: HeldAccess | undefined): ClientRecord {
  return access === undefined ? record : { ...record, access };
}
