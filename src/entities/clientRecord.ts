import {
  clearRotationDue,
  judgeBegin,
  judgeEvent,
  liftRevocation,
  markRevoked,
  markRotationDue,
  noteDisabled,
  noteEvent,
  revokedSince,
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
    now: Date,
  ) => ClientRecordAnswer;
};

const keep = (state: ClientRecord): ClientRecordAnswer => ({ state, outcome: done({}) });

/** Each operation on what is known of a client. It asks nobody and never fails. */
const WORK: Work = {
  revoke,
  noteDisabled: (record, { tokens }) => keep(noteDisabled(record, tokens)),
  revokedSince: (record, { wantedAt }) => {
    const revokedAt = revokedSince(record, wantedAt);
    return { state: record, outcome: done(revokedAt === undefined ? {} : { revokedAt }) };
  },
  begin,
  beginOffboarding,
  lift: (record, { wantedAt }) => keep(liftRevocation(record, wantedAt)),
  markRotationDue: (record, { at }) => keep(markRotationDue(record, at)),
  retryRotation: (record, { at }) => keep({ ...record, retryRotationAt: at }),
  clearRotationDue: (record, { at }) => keep(clearRotationDue(record, at)),
  noteEvent: (record, { at }) => keep(noteEvent(record, at)),
  acknowledge: (record, { version }) => keep({ ...record, acknowledged: version }),
  forget: ({ revokedAt, disabled, newestEventAt }) =>
    keep({
      ...(revokedAt ? { revokedAt } : {}),
      ...(disabled ? { disabled } : {}),
      ...(newestEventAt ? { newestEventAt } : {}),
    }),
};

/**
 * The mark is as late as the entity's own time: a run that began before it came is older, whenever the revocation was
 * asked for.
 */
function revoke(record: ClientRecord, { at }: ClientRecordRequests['revoke'], now: Date): ClientRecordAnswer {
  const state = markRevoked(markRevoked(record, at), now.toISOString());
  return { state, outcome: done({ revokedAt: state.revokedAt }) };
}

function begin(record: ClientRecord, { wantedAt, eventAt }: ClientRecordRequests['begin']): ClientRecordAnswer {
  const verdict = judgeBegin(record, wantedAt, eventAt);
  switch (verdict.kind) {
    case 'goOn': {
      const state = eventAt === undefined ? record : noteEvent(record, eventAt);
      const { acknowledged } = state;
      const lifts = verdict.lifts === undefined ? {} : { lifts: verdict.lifts };
      return { state, outcome: done({ ...lifts, ...(acknowledged === undefined ? {} : { acknowledged }) }) };
    }
    case 'revoked':
      return {
        state: record,
        outcome: failed('revoked', `the client was revoked at ${verdict.revokedAt}, after this run was asked for`),
      };
    case 'staleEvent':
      return tooLate(record, verdict.newestEventAt);
  }
}

function beginOffboarding(
  record: ClientRecord,
  { wantedAt, eventAt }: ClientRecordRequests['beginOffboarding'],
): ClientRecordAnswer {
  const stale = judgeEvent(record, eventAt);
  return stale ? tooLate(record, stale.newestEventAt) : keep(noteEvent(record, eventAt ?? wantedAt));
}

function tooLate(state: ClientRecord, newestEventAt: string): ClientRecordAnswer {
  return {
    state,
    outcome: failed('stale-event', `a newer event about the device, of ${newestEventAt}, was taken before`),
  };
}

/** The client entity: what must be known of a client between its runs, one operation after another. */
export async function clientRecord(
  operation: ClientRecordOperation,
  request: ClientRecordRequest,
  record: ClientRecord,
  now: Date,
): Promise<ClientRecordAnswer> {
  // The operation's name and its request belong together by the type of those who send them.
  const work = WORK[operation] as (record: ClientRecord, request: ClientRecordRequest, now: Date) => ClientRecordAnswer;
  return work(record, request, now);
}
