import {
  beginDisabling,
  clearRotationDue,
  dropToken,
  endDisabling,
  holdToken,
  isDisabling,
  isKnown,
  judgeBegin,
  judgeEvent,
  clearRevocation,
  markRevoked,
  markRotationDue,
  noteDisabled,
  noteEnd,
  noteEvent,
  noteOrphaned,
  revokedSince,
  type ClientRecord,
  type ClientRecordAnswers,
  type ClientRecordOperation,
  type ClientRecordRequest,
  type ClientRecordRequests,
} from '../domain/clients/clientRecord.js';
import { isEndKnown } from '../domain/operations/endedOperation.js';
import { done, failed, retryLater, type StepOutcome } from '../domain/operations/stepOutcome.js';
import { auditEnd } from '../audit/auditEnd.js';

export interface ClientRecordAnswer<Answer extends object = object> {
  readonly state: ClientRecord;
  readonly outcome: StepOutcome<Answer>;
}

type AnswerTo<Operation extends ClientRecordOperation> = ClientRecordAnswer<ClientRecordAnswers[Operation]>;

type Work = {
  readonly [Operation in ClientRecordOperation]: (
    record: ClientRecord,
    request: ClientRecordRequests[Operation],
    now: Date,
  ) => AnswerTo<Operation>;
};

const keep = (state: ClientRecord): ClientRecordAnswer => ({ state, outcome: done({}) });

/** Each operation on what is known of a client. It asks nobody and never fails. */
const WORK: Work = {
  revoke,
  beginDisabling: lookAgain,
  endDisabling: (record, { by }) => keep(endDisabling(record, by.operation)),
  noteDisabled: (record, { tokens }) => keep(noteDisabled(record, tokens)),
  noteOrphaned: (record, { by: _by, ...orphaned }) => keep(noteOrphaned(record, orphaned)),
  holdToken: (record, { by: _by, ...held }) => keep(holdToken(record, held)),
  dropToken: (record, { token }) => keep(dropToken(record, token)),
  revokedSince: (record, { wantedAt }) => {
    const revokedAt = revokedSince(record, wantedAt);
    return { state: record, outcome: done(revokedAt === undefined ? {} : { revokedAt }) };
  },
  begin,
  beginOffboarding,
  clearRevocation: (record, { wantedAt }) => keep(clearRevocation(record, wantedAt)),
  markRotationDue: (record, { at }) => keep(markRotationDue(record, at)),
  retryRotation: (record, { at }) => keep({ ...record, retryRotationAt: at }),
  clearRotationDue: (record, { at }) => keep(clearRotationDue(record, at)),
  noteEvent: (record, { at }) => keep(noteEvent(record, at)),
  acknowledge: (record, { version }) => keep({ ...record, acknowledged: version }),
  noteEnd: recordEnd,
  forget: ({ knownSince, revokedAt, firstRevokedAt, disabled, disabling, newestEventAt, ended }, _request, now) =>
    keep({
      // There was such a client, so that a repetition finds that it is gone, and not that nobody knows it.
      knownSince: knownSince ?? now.toISOString(),
      ...(revokedAt ? { revokedAt } : {}),
      ...(firstRevokedAt ? { firstRevokedAt } : {}),
      ...(disabled ? { disabled } : {}),
      ...(disabling ? { disabling } : {}),
      ...(newestEventAt ? { newestEventAt } : {}),
      ...(ended ? { ended } : {}),
    }),
};

/**
 * The mark is as late as the entity's own time: a run that began before it came is older, whenever the revocation was
 * asked for.
 */
function revoke(
  record: ClientRecord,
  { at, until, by }: ClientRecordRequests['revoke'],
  now: Date,
): AnswerTo<'revoke'> {
  const marked = markRevoked(record, new Date(Math.max(Date.parse(at), now.getTime())).toISOString());
  const state = beginDisabling(marked, { operation: by.operation, until });
  const { revokedAt, firstRevokedAt } = marked;
  const first = firstRevokedAt === undefined ? {} : { firstRevokedAt };
  return { state, outcome: done({ revokedAt, ...first, isKnown: isKnown(record), ...orphanedIn(state) }) };
}

/** The audit's line is written here, where a repetition is known: an orchestration is replayed, and an activity may run twice. */
function recordEnd(record: ClientRecord, { ended }: ClientRecordRequests['noteEnd']): ClientRecordAnswer {
  if (!isEndKnown(record.ended ?? [], ended)) auditEnd(ended);
  return keep(noteEnd(record, ended));
}

/** Not when the revocation was lifted meanwhile: then what is enabled is rightly so. */
function lookAgain(
  record: ClientRecord,
  { revokedAt, until, by }: ClientRecordRequests['beginDisabling'],
): AnswerTo<'beginDisabling'> {
  if (revokedSince(record, revokedAt) === undefined) return { state: record, outcome: done({ stands: false }) };
  return { state: beginDisabling(record, { operation: by.operation, until }), outcome: done({ stands: true }) };
}

function begin(
  record: ClientRecord,
  { wantedAt, eventAt }: ClientRecordRequests['begin'],
  now: Date,
): AnswerTo<'begin'> {
  const verdict = judgeBegin(record, wantedAt, eventAt);
  switch (verdict.kind) {
    case 'goOn': {
      if (verdict.clears && isDisabling(record, now))
        return { state: record, outcome: retryLater('a revocation is disabling what the client has') };
      const state = eventAt === undefined ? record : noteEvent(record, eventAt);
      const { acknowledged } = state;
      const clears = verdict.clears === undefined ? {} : { clears: verdict.clears };
      const answer = { ...clears, ...(acknowledged === undefined ? {} : { acknowledged }), ...orphanedIn(state) };
      return { state, outcome: done(answer) };
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
): AnswerTo<'beginOffboarding'> {
  const stale = judgeEvent(record, eventAt);
  if (stale) return tooLate(record, stale.newestEventAt);
  const state = noteEvent(record, eventAt ?? wantedAt);
  return { state, outcome: done({ ...orphanedIn(state), isKnown: isKnown(record) }) };
}

/** What earlier runs have made and left, for those that look for what a client has. */
function orphanedIn({ orphaned, held }: ClientRecord): Pick<ClientRecord, 'orphaned' | 'held'> {
  return { ...(orphaned === undefined ? {} : { orphaned }), ...(held === undefined ? {} : { held }) };
}

function tooLate(state: ClientRecord, newestEventAt: string): ClientRecordAnswer<never> {
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
