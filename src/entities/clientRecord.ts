import {
  clearRotationDue,
  judgeBegin,
  liftRevocation,
  markRevoked,
  markRotationDue,
  noteEvent,
  type ClientRecord,
  type ClientRecordOperation,
  type ClientRecordRequest,
  type ClientRecordRequests,
} from '../domain/clientRecord.js';
import { done, failed, type StepOutcome } from '../domain/stepOutcome.js';

export interface ClientRecordAnswer {
  readonly state: ClientRecord;
  readonly outcome: StepOutcome<object>;
}

type Work = {
  readonly [Operation in ClientRecordOperation]: (
    record: ClientRecord,
    request: ClientRecordRequests[Operation],
  ) => ClientRecordAnswer;
};

const keep = (state: ClientRecord): ClientRecordAnswer => ({ state, outcome: done({}) });

/** Each operation on what is known of a client. It asks nobody and never fails. */
const WORK: Work = {
  revoke: (record, { at }) => keep(markRevoked(record, at)),
  begin,
  lift: (record, { wantedAt }) => keep(liftRevocation(record, wantedAt)),
  markRotationDue: (record, { at }) => keep(markRotationDue(record, at)),
  retryRotation: (record, { at }) => keep({ ...record, retryRotationAt: at }),
  clearRotationDue: (record, { at }) => keep(clearRotationDue(record, at)),
  noteEvent: (record, { at }) => keep(noteEvent(record, at)),
  acknowledge: (record, { version }) => keep({ ...record, acknowledged: version }),
  forget: ({ revokedAt, newestEventAt }) =>
    keep({ ...(revokedAt ? { revokedAt } : {}), ...(newestEventAt ? { newestEventAt } : {}) }),
};

function begin(record: ClientRecord, { wantedAt, eventAt }: ClientRecordRequests['begin']): ClientRecordAnswer {
  const verdict = judgeBegin(record, wantedAt, eventAt);
  switch (verdict.kind) {
    case 'goOn': {
      const state = eventAt === undefined ? record : noteEvent(record, eventAt);
      const { acknowledged } = state;
      const lifts = verdict.revokedAt === undefined ? {} : { revokedAt: verdict.revokedAt };
      return { state, outcome: done({ ...lifts, ...(acknowledged === undefined ? {} : { acknowledged }) }) };
    }
    case 'revoked':
      return {
        state: record,
        outcome: failed('revoked', `the client was revoked at ${verdict.revokedAt}, after this run was asked for`),
      };
    case 'staleEvent':
      return {
        state: record,
        outcome: failed('stale-event', `a newer event about the device, of ${verdict.newestEventAt}, was taken before`),
      };
  }
}

/** The client entity: what must be known of a client between its runs, one operation after another. */
export async function clientRecord(
  operation: ClientRecordOperation,
  request: ClientRecordRequest,
  record: ClientRecord,
): Promise<ClientRecordAnswer> {
  // The operation's name and its request belong together by the type of those who send them.
  const work = WORK[operation] as (record: ClientRecord, request: ClientRecordRequest) => ClientRecordAnswer;
  return work(record, request);
}
