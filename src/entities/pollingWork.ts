import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { audit } from '../audit/audit.js';
import type { ClientRecord } from '../domain/clients/clientRecord.js';
import { hasEndedSince, revokedSince } from '../domain/clients/revocationMarks.js';
import { done, failed } from '../domain/operations/stepOutcome.js';
import {
  isAsPlanned,
  isSet,
  notePolled,
  setPoller,
  undoPoller,
  withdrawPoller,
  type PollingRequests,
} from '../domain/polling/poller.js';
import { confirmation } from '../domain/polling/pollerIndex.js';
import { keep, type ClientRecordAnswer } from './clientRecordAnswer.js';

/** What each operation about the poller makes of the client's record. */
export const POLLING_WORK: {
  readonly [Operation in keyof PollingRequests]: (
    record: ClientRecord,
    request: PollingRequests[Operation],
  ) => ClientRecordAnswer;
} = {
  setPoller: trySetting,
  undoPoller: (record, undone) => keep(undoPoller(record, undone)),
  withdrawPoller: withdraw,
  confirmPoller: (record, listed) => ({ ...keep(record), signals: [confirmation(record, listed)] }),
  notePolled: (record, { objectId, at }) => keep(notePolled(record, objectId, at)),
};

const CHANGED = failed('poller-changed', "the client's poller was changed or removed after this was requested");

/** A revocation may run beside the run that sets the poller. */
function trySetting(
  record: ClientRecord,
  { effectiveAt, planned, ...set }: PollingRequests['setPoller'],
): ClientRecordAnswer {
  const revokedAt = revokedSince(record, effectiveAt);
  if (revokedAt !== undefined)
    return { state: record, outcome: failed('revoked', `the client was revoked at ${revokedAt}, after this request`) };
  // What a run plans after shows an offboarding. An operator's decision has only its time.
  if (planned === undefined && hasEndedSince(record, effectiveAt)) return { state: record, outcome: CHANGED };
  if (!isSet(record, set) && !isAsPlanned(record, planned)) return { state: record, outcome: CHANGED };
  const state = setPoller(record, set);
  const { objectId, client } = set;
  // Here, since the record recognises repetitions: activities and requests may come twice.
  if (state !== record) audit('poller.set.succeeded', { resource: clientKey(client), poller: objectId });
  return { state, outcome: isSet(state, set) ? done({}) : CHANGED };
}

function withdraw(record: ClientRecord, { at }: PollingRequests['withdrawPoller']): ClientRecordAnswer {
  const state = withdrawPoller(record, at);
  auditRemoved(record, state);
  return keep(state);
}

/** Audits that the record has no poller any more. */
export function auditRemoved({ polling: before }: ClientRecord, { polling: after }: ClientRecord): void {
  const current = before?.current;
  if (current !== undefined && after?.current === undefined)
    audit('poller.remove.succeeded', { resource: clientKey(current.client), poller: current.objectId });
}
