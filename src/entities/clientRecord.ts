import {
  readAccessIn,
  readersIn,
  keptIdentity,
  dropToken,
  endAccess,
  endedBy,
  holdToken,
  isKnown,
  noteEnd,
  noteOrphaned,
  tokensIn,
  type ClientRecord,
  type ClientRecordAnswers,
  type ClientRecordOperation,
  type ClientRecordRequests,
  type Started,
} from '../domain/clients/clientRecord.js';
import { acknowledge } from '../domain/clients/acknowledgement.js';
import {
  beginDisabling,
  endDisabling,
  hasEndedSince,
  isDisabling,
  clearRevocation,
  markRevoked,
  noteDisabled,
  revokedSince,
} from '../domain/clients/revocationMarks.js';
import { clearRotationDue, markRotationDue } from '../domain/clients/rotationMarks.js';
import { judgeBegin, judgeEvent, noteEvent } from '../domain/clients/runBegin.js';
import {
  issueEnrolment,
  noteContact,
  notePull,
  redeem,
  renewKeys,
  withdrawEnrolment,
  type Joined,
} from '../domain/enrolment/enrolment.js';
import { judgeVouching, vouch } from '../domain/enrolment/hubDevices.js';
import { isEndKnown } from '../domain/operations/endedOperation.js';
import type { EntityCall } from '../domain/operations/entityCall.js';
import { done, failed, retryLater } from '../domain/operations/stepOutcome.js';
import { forgetLast, withdrawPoller } from '../domain/polling/poller.js';
import { POLLER_INDEX, pollerSignals, type PollerSignal } from '../domain/polling/pollerIndex.js';
import { clientVault, hasCredential, type VaultHosts } from '../domain/vaults/clientVault.js';
import { ACCESS_WORK } from './accessWork.js';
import { keep, type ClientRecordAnswer } from './clientRecordAnswer.js';
import { audit } from '../audit/audit.js';
import { auditRemoved, POLLING_WORK } from './pollingWork.js';
import type { EntitySignal } from './registerEntity.js';
import { auditEnd } from '../audit/auditEnd.js';
import { parseOperationId } from '@connected-registry/protocol/names/operationId';

type AnswerTo<Operation extends ClientRecordOperation> = ClientRecordAnswer<ClientRecordAnswers[Operation]>;

/** Where the secrets of the record's client are. */
type VaultOf = (record: ClientRecord) => string;

type ClientRecordWork = {
  readonly [Operation in ClientRecordOperation]: (
    record: ClientRecord,
    request: ClientRecordRequests[Operation],
    now: Date,
    vaultOf: VaultOf,
  ) => AnswerTo<Operation>;
};

/** The work of each operation. It calls no service and never throws. */
const WORK: ClientRecordWork = {
  revoke,
  beginDisabling: beginDisablingAgain,
  endDisabling: (record, { by }) => keep(endDisabling(record, by.operation)),
  noteDisabled: (record, { tokens }) => keep(noteDisabled(record, tokens)),
  noteOrphaned: (record, { by: _by, ...orphaned }) => keep(noteOrphaned(record, orphaned)),
  holdToken: (record, { by: _by, ...held }) => keep(holdToken(record, held)),
  dropToken: (record, { token }) => keep(dropToken(record, token)),
  revokedSince: (record, { effectiveAt }) => {
    const revokedAt = revokedSince(record, effectiveAt);
    return { state: record, outcome: done(revokedAt === undefined ? {} : { revokedAt }) };
  },
  begin,
  beginOffboarding,
  clearRevocation: (record, { effectiveAt }) => keep(clearRevocation(record, effectiveAt)),
  markRotationDue: (record, { at }) => keep(markRotationDue(record, at)),
  retryRotation: (record, { at }) => keep({ ...record, retryRotationAt: at }),
  clearRotationDue: (record, { at }) => keep(clearRotationDue(record, at)),
  noteEvent: (record, { at }) => keep(noteEvent(record, at)),
  acknowledge: (record, { version, by }) => keep(acknowledge(record, by.operation, version)),
  enrol: (record, { enrolment, requestedAt = enrolment.issuedAt }) =>
    keep(hasEndedSince(record, requestedAt) ? record : issueEnrolment(record, enrolment)),
  withdrawEnrolment: (record, { hash }) => keep(withdrawEnrolment(record, hash)),
  redeem: letIn,
  renewKeys: (record, { renewal }) => keep(renewKeys(record, renewal)),
  vouch: vouchFor,
  noteContact: (record, { thumbprint, at }) => keep(noteContact(record, thumbprint, at)),
  notePull: (record, { thumbprint, at }) => keep(notePull(record, thumbprint, at)),
  noteEnd: recordEnd,
  ...ACCESS_WORK,
  ...POLLING_WORK,
  forget,
};

/**
 * What must not come back stays: also a token issued during the offboarding ends, since its device would have nothing.
 */
function forget(record: ClientRecord, _request: ClientRecordRequests['forget'], now: Date): ClientRecordAnswer {
  const { knownSince, revokedAt, firstRevokedAt, disabled, disabling, newestEventAt, ended, ...rest } = endAccess(
    record,
    now.toISOString(),
  );
  const { tokensEndedAt, keysEndedAt, polling } = rest;
  return keep({
    // Keeps that the client existed, so that a repeated offboarding does not report it as unknown.
    knownSince: knownSince ?? now.toISOString(),
    ...(revokedAt ? { revokedAt } : {}),
    ...(firstRevokedAt ? { firstRevokedAt } : {}),
    ...(disabled ? { disabled } : {}),
    ...(disabling ? { disabling } : {}),
    ...(newestEventAt ? { newestEventAt } : {}),
    ...(ended ? { ended } : {}),
    ...(tokensEndedAt ? { tokensEndedAt } : {}),
    ...(keysEndedAt ? { keysEndedAt } : {}),
    ...(polling ? { polling } : {}),
    ...keptIdentity(record),
  });
}

/**
 * The revocation counts at least from the entity's current time: runs that began before are older, whenever the
 * revocation was requested.
 */
function revoke(
  record: ClientRecord,
  { at, until, by }: ClientRecordRequests['revoke'],
  now: Date,
  vaultOf: VaultOf,
): AnswerTo<'revoke'> {
  const effectiveAt = new Date(Math.max(Date.parse(at), now.getTime())).toISOString();
  const marked = markRevoked(endAccess(record, effectiveAt), effectiveAt);
  const state = beginDisabling(marked, { operation: by.operation, until });
  const { revokedAt, firstRevokedAt } = marked;
  const first = firstRevokedAt === undefined ? {} : { firstRevokedAt };
  return {
    state,
    outcome: done({
      revokedAt,
      ...first,
      vault: vaultOf(record),
      isKnown: isKnown(record),
      ...endedBy(record),
      ...tokensIn(state),
      ...readAccessIn(state),
    }),
  };
}

/**
 * A device that joins takes over from the one before it, also from one that polled by an identity: that one's messages
 * are not sealed. Its object id is not remembered, so that no event names it again. An operator may set a poller later
 * all the same.
 */
function letIn(record: ClientRecord, { redemption }: ClientRecordRequests['redeem']): ClientRecordAnswer {
  const joined = redeem(record, redemption);
  if (joined === record || record.polling?.last === undefined) return keep(joined);
  const state = withdrawPoller(joined, redemption.at);
  auditRemoved(record, state);
  return keep(state);
}

/**
 * Writes the audit line here, since the entity recognises repetitions: orchestrations replay and activities may run
 * twice.
 */
function recordEnd(record: ClientRecord, { ended }: ClientRecordRequests['noteEnd']): ClientRecordAnswer {
  if (!isEndKnown(record.ended ?? [], ended)) auditEnd(ended);
  return keep(noteEnd(record, ended));
}

/**
 * Records the vault of a client that has a credential from before vaults were recorded: from now on it does not depend
 * on which vault the settings list first. Each operation does so before its work: also a revocation or an offboarding
 * may have to be repeated, and must find the secrets where it has left them.
 */
function keepVault(record: ClientRecord, vaultOf: VaultOf): ClientRecord {
  return record.vault === undefined && hasCredential(record) ? { ...record, vault: vaultOf(record) } : record;
}

/** Refused if the revocation was cleared in the meantime: then the enabled resources are legitimate. */
function beginDisablingAgain(
  record: ClientRecord,
  { revokedAt, until, by }: ClientRecordRequests['beginDisabling'],
): AnswerTo<'beginDisabling'> {
  if (revokedSince(record, revokedAt) === undefined) return { state: record, outcome: done({ stands: false }) };
  return { state: beginDisabling(record, { operation: by.operation, until }), outcome: done({ stands: true }) };
}

function begin(
  record: ClientRecord,
  { requestedAt, eventAt, by }: ClientRecordRequests['begin'],
  now: Date,
  vaultOf: VaultOf,
): AnswerTo<'begin'> {
  if (isEndKnown(record.ended ?? [], { id: by.operation })) return startedTwice(record);
  const verdict = judgeBegin(record, requestedAt, eventAt);
  switch (verdict.kind) {
    case 'proceed': {
      if (verdict.clears && isDisabling(record, now))
        return { state: record, outcome: retryLater("a revocation is disabling the client's tokens and secrets") };
      const state = eventAt === undefined ? record : noteEvent(record, eventAt);
      const { acknowledged, joined } = state;
      const clears = verdict.clears === undefined ? {} : { clears: verdict.clears };
      const answer = {
        ...clears,
        vault: vaultOf(state),
        ...(acknowledged === undefined ? {} : { acknowledged }),
        ...(joined === undefined ? {} : reachedBy(joined)),
        ...tokensIn(state),
        ...readersIn(state),
      };
      return { state, outcome: done(answer) };
    }
    case 'revoked':
      return {
        state: record,
        outcome: failed('revoked', `the client was revoked at ${verdict.revokedAt}, after this run was requested`),
      };
    case 'staleEvent':
      return staleEvent(record, verdict.newestEventAt);
  }
}

function beginOffboarding(
  record: ClientRecord,
  { requestedAt, eventAt, by }: ClientRecordRequests['beginOffboarding'],
  now: Date,
  vaultOf: VaultOf,
): AnswerTo<'beginOffboarding'> {
  if (isEndKnown(record.ended ?? [], { id: by.operation })) return startedTwice(record);
  const stale = judgeEvent(record, eventAt);
  if (stale) return staleEvent(record, stale.newestEventAt);
  const state = noteEvent(endAccess(record, now.toISOString()), eventAt ?? requestedAt);
  const found = { vault: vaultOf(state), ...tokensIn(state), ...readAccessIn(state) };
  return { state, outcome: done({ ...found, isKnown: isKnown(record), ...endedBy(record) }) };
}

/**
 * Refuses a run that has ended before. An activity that starts runs and stands still for long may start one again after
 * its repetition has, and after later runs of the client.
 */
function startedTwice(state: ClientRecord): ClientRecordAnswer<never> {
  return {
    state,
    outcome: failed('stale-event', 'this run had ended, and was started again; the second start changed nothing'),
  };
}

function staleEvent(state: ClientRecord, newestEventAt: string): ClientRecordAnswer<never> {
  return {
    state,
    outcome: failed('stale-event', `a newer event about the device, of ${newestEventAt}, was accepted before`),
  };
}

/**
 * Writes the audit line of new keys here, as that of an end: whoever can write in the twin gets the client's
 * credential, so a changed key is what an operator looks for.
 */
function vouchFor(record: ClientRecord, { vouching, by }: ClientRecordRequests['vouch']): AnswerTo<'vouch'> {
  const verdict = judgeVouching(record, vouching);
  const { thumbprint } = vouching;
  const facts = { ...by, resource: parseOperationId(by.operation)?.instance ?? by.operation, thumbprint };
  if (verdict === 'ended') {
    audit('device.vouch.refused', { ...facts, reason: 'device-key-ended' });
    return { state: record, outcome: failed('device-key-ended', ENDED_KEY) };
  }
  if (verdict === 'new')
    audit('device.vouch.succeeded', { ...facts, reason: record.joined === undefined ? 'joined' : 'renewed' });
  const hasPulled = verdict === 'current' && record.joined?.pulledAt !== undefined;
  const vouched = vouch(record, vouching);
  const state = vouched === record ? record : forgetLast(vouched);
  return { state, outcome: done({ verdict, ...(hasPulled ? { hasPulled } : {}) }) };
}

const ENDED_KEY =
  'the hub reports keys of the device that have ended: others replaced them, or the client was revoked or offboarded since';

function reachedBy({ hub }: Joined): Pick<Started, 'hasJoined' | 'hub'> {
  return hub ? { hub } : { hasJoined: true };
}

/**
 * Creates the client entity: it keeps facts about a client between its runs. Operations run one after another.
 * @param hosts the vaults of the settings
 */
export function createClientRecord(hosts: VaultHosts) {
  return async (
    call: EntityCall<ClientRecordRequests>,
    record: ClientRecord,
    now: Date,
    key: string,
  ): Promise<Omit<ClientRecordAnswer, 'signals'> & { readonly signals?: readonly EntitySignal[] }> => {
    const vaultOf: VaultOf = (known) => clientVault(known, key, hosts);
    const answer = answered(call, keepVault(record, vaultOf), now, vaultOf);
    const { signals = pollerSignals(record, answer.state), ...rest } = answer;
    return signals.length === 0 ? rest : { ...rest, signals: signals.map(toIndex) };
  };
}

function answered<Operation extends ClientRecordOperation>(
  { operation, request }: EntityCall<ClientRecordRequests, Operation>,
  record: ClientRecord,
  now: Date,
  vaultOf: VaultOf,
): ClientRecordAnswer {
  return WORK[operation](record, request, now, vaultOf);
}

function toIndex({ objectId, ...signal }: PollerSignal): EntitySignal {
  return { entity: { name: POLLER_INDEX, key: objectId }, ...signal };
}
