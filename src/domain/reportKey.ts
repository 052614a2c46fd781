import { createHmac, timingSafeEqual } from 'node:crypto';
import { seenSecrets } from '../redaction/seenSecrets.js';

/** Server keys by id; the first signs, all verify, so that a key can be replaced while reports are under way. */
export interface ReportKeys {
  readonly signing: ReportServerKey;
  readonly all: readonly ReportServerKey[];
}

export interface ReportServerKey {
  readonly id: string;
  readonly secret: Buffer;
}

/** What a report key is good for: one attempt of one operation, until `expiresAt` (ISO 8601). */
export interface ReportScope {
  /** `{instance}.{run}`; the instance names registry, connected registry and client, so the key is the client's too. */
  readonly operation: string;
  readonly attempt: number;
  readonly expiresAt: string;
}

/**
 * HMAC-SHA-256 over the scope. Nothing about it is stored: it is derived again when the report comes
 * (docs/decisions/0006-report-keys.md).
 */
export function deriveReportKey(serverKey: ReportServerKey, scope: ReportScope): string {
  return hmac(serverKey, ['pull-check-report', scope.operation, scope.attempt, scope.expiresAt]);
}

/** What an acknowledgement's key is good for: one operation's promotion, until `expiresAt` (ISO 8601). */
export type AcknowledgementScope = Pick<ReportScope, 'operation' | 'expiresAt'>;

/** As {@link deriveReportKey}, for the acknowledgement of a promotion. */
export function deriveAcknowledgementKey(serverKey: ReportServerKey, scope: AcknowledgementScope): string {
  return hmac(serverKey, ['promotion-acknowledgement', scope.operation, scope.expiresAt]);
}

/** Compares in constant time. False for a key id that is not ours. */
export function verifyAcknowledgementKey(
  keys: ReportKeys,
  keyId: string,
  reportKey: string,
  scope: AcknowledgementScope,
): boolean {
  return verify(keys, keyId, reportKey, (serverKey) => deriveAcknowledgementKey(serverKey, scope));
}

/** Compares in constant time. False for a key id that is not ours. */
export function verifyReportKey(keys: ReportKeys, keyId: string, reportKey: string, scope: ReportScope): boolean {
  return verify(keys, keyId, reportKey, (serverKey) => deriveReportKey(serverKey, scope));
}

function hmac({ secret }: ReportServerKey, parts: readonly unknown[]): string {
  return createHmac('sha256', secret).update(JSON.stringify(parts)).digest('base64url');
}

function verify(
  keys: ReportKeys,
  keyId: string,
  reportKey: string,
  derive: (serverKey: ReportServerKey) => string,
): boolean {
  const serverKey = keys.all.find((key) => key.id === keyId);
  if (!serverKey) return false;
  const expected = Buffer.from(derive(serverKey));
  const given = Buffer.from(reportKey);
  const fits = expected.length === given.length && timingSafeEqual(expected, given);
  // One that does not fit is no secret, and anybody may send as many as they like.
  if (fits) seenSecrets.remember(reportKey);
  return fits;
}
