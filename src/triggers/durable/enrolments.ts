import { randomBytes } from 'node:crypto';
import type { DurableClient } from 'durable-functions';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { ClientRecord } from '../../domain/clients/clientRecord.js';
import { laterOf } from '../../domain/clients/laterOf.js';
import { requestTime } from '../../domain/clients/revocationMarks.js';
import {
  judgeRedemption,
  judgeRenewal,
  type Enrolment,
  type KeyRenewal,
  type Redemption,
  type RedemptionVerdict,
  type RenewalVerdict,
} from '../../domain/enrolment/enrolment.js';
import { JOIN_TOKEN_BYTES, newJoinToken } from '../../domain/enrolment/serverPasses.js';
import type { ReportKeys } from '../../domain/pullCheck/reportKey.js';
import { decidedAfter } from '../../domain/times/decidedAfter.js';
import { forClientAlone, notifyClientRecord, readClientRecord } from './clientRecords.js';
import { readBack } from './readBack.js';

/** A join token that is open: its client's record has its hash. */
interface IssuedToken {
  readonly joinToken: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** How long a join token may be used, and from where. */
type TokenLimits = { readonly lifetimeHours: number } & Pick<Enrolment, 'addresses'>;

/**
 * Issues a join token. The engine accepts signals that it carries out later, so the record is read back.
 * @returns undefined if the record did not show the token's hash in time: whether the token is open is unknown
 */
export async function issueJoinToken(
  client: DurableClient,
  reference: ClientReference,
  { lifetimeHours, ...limits }: TokenLimits,
  keys: ReportKeys,
  actor: string,
): Promise<IssuedToken | undefined> {
  const { token, hash } = newJoinToken(keys, reference, randomBytes(JOIN_TOKEN_BYTES).toString('base64url'));
  const now = Date.now();
  const expiresAt = new Date(now + lifetimeHours * 3_600_000).toISOString();
  const key = clientKey(reference);
  // The record ignores tokens from before its last one or the end of its tokens, which another host, whose clock is
  // ahead, may have noted.
  const before = await readClientRecord(client, key);
  const { enrolment: last, tokensEndedAt } = before;
  const newest = last === undefined ? tokensEndedAt : laterOf(tokensEndedAt, last.issuedAt);
  const issuedAt = decidedAfter(newest, new Date(now).toISOString());
  const requestedAt = requestTime(before, new Date(now).toISOString());
  const enrolment: Enrolment = { hash, issuedAt, expiresAt, ...limits };
  await notifyClientRecord(client, key, 'enrol', { enrolment, requestedAt, by: forClientAlone(key, actor) });
  const record = await readUntil(client, key, (found) => found.enrolment?.hash === hash);
  return record.enrolment?.hash === hash ? { joinToken: token, expiresAt } : undefined;
}

/** Takes back the join token of this hash. @returns whether the record shows that it has ended, or was used before */
export async function withdrawJoinToken(
  client: DurableClient,
  key: string,
  hash: string,
  actor: string,
): Promise<{ readonly record: ClientRecord; readonly isConfirmed: boolean }> {
  const isOver = ({ enrolment }: ClientRecord) => enrolment?.hash !== hash || enrolment.usedBy !== undefined;
  await notifyClientRecord(client, key, 'withdrawEnrolment', { hash, by: forClientAlone(key, actor) });
  const record = await readUntil(client, key, isOver);
  return { record, isConfirmed: isOver(record) };
}

/** How a record judges a device's request, and the record. */
interface JudgedRequest<Verdict> {
  readonly verdict: Verdict;
  readonly record: ClientRecord;
}

/** Lets a device in. @returns the verdict `open` if the record did not show the result in time */
export async function redeemJoinToken(
  client: DurableClient,
  key: string,
  redemption: Redemption,
): Promise<JudgedRequest<RedemptionVerdict>> {
  await notifyClientRecord(client, key, 'redeem', { redemption, by: forClientAlone(key, 'device') });
  const record = await readUntil(client, key, (found) => judgeRedemption(found, redemption) !== 'open');
  return { verdict: judgeRedemption(record, redemption), record };
}

/** Replaces a device's keys. @returns the verdict `open` if the record did not show the result in time */
export async function renewDeviceKeys(
  client: DurableClient,
  key: string,
  renewal: KeyRenewal,
): Promise<JudgedRequest<RenewalVerdict>> {
  await notifyClientRecord(client, key, 'renewKeys', { renewal, by: forClientAlone(key, 'device') });
  const record = await readUntil(client, key, (found) => judgeRenewal(found, renewal) !== 'open');
  return { verdict: judgeRenewal(record, renewal), record };
}

function readUntil(
  client: DurableClient,
  key: string,
  isEnough: (record: ClientRecord) => boolean,
): Promise<ClientRecord> {
  return readBack(() => readClientRecord(client, key), isEnough);
}
