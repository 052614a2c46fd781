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
import { keep, type ClientRecordAnswer } from './clientRecordAnswer.js';

/** What each operation about access makes of the client's record. They only change the record. */
export const ACCESS_WORK: {
  readonly [Operation in keyof AccessRequests]: (
    record: ClientRecord,
    request: AccessRequests[Operation],
  ) => ClientRecordAnswer;
} = {
  noteGrant: (record, request) => keep({ ...record, access: noteGrant(record.access, request) }),
  undoGrant: (record, request) => keep({ ...record, access: undoGrant(record.access, request) }),
  endGrants: (record) => keep(withAccess(record, endGrants(record.access))),
  disownGrant: (record, request) => keep(withAccess(record, disownGrant(record.access, request))),
  completeGrant: (record, request) => keep({ ...record, access: completeGrant(record.access, request) }),
  dropGrants: (record, withdrawn) => keep(withAccess(record, dropGrants(record.access, withdrawn))),
};

/** A record without access keeps none. */
function withAccess(record: ClientRecord, access: HeldAccess | undefined): ClientRecord {
  return access === undefined ? record : { ...record, access };
}
