import { createHmac, timingSafeEqual } from 'node:crypto';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';

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

/** Bytes of a key that hold the expiry, in milliseconds since 1970 (48 bits: the year 10889). */
const EXPIRY_BYTES = 6;

/** Bytes of a key that hold the HMAC: the first 208 of its 256 bits. */
const HMAC_BYTES = 26;

/**
 * The expiry, then HMAC-SHA-256 over the whole scope, cut to 26 bytes; 43 characters of base64url in all. With the expiry in
 * it, a key can be checked from the request's line and header alone, before a byte of its body is read. Nothing about it is
 * stored: it is derived again when the report comes (docs/decisions/0006-report-keys.md).
 */
export function deriveReportKey(serverKey: ReportServerKey, scope: ReportScope): string {
  return hmac(serverKey, 'pull-check-report', [scope.operation, scope.attempt], scope.expiresAt);
}

/** What an acknowledgement's key is good for: one operation's promotion, until `expiresAt` (ISO 8601). */
export type AcknowledgementScope = Pick<ReportScope, 'operation' | 'expiresAt'>;

/** As {@link deriveReportKey}, for the acknowledgement of a promotion. */
export function deriveAcknowledgementKey(serverKey: ReportServerKey, scope: AcknowledgementScope): string {
  return hmac(serverKey, 'promotion-acknowledgement', [scope.operation], scope.expiresAt);
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

/** The expiry (ISO 8601) that a key says it is for; undefined for what cannot be a key. It proves nothing by itself. */
export function expiryOfKey(reportKey: string): string | undefined {
  if (!/^[A-Za-z0-9_-]{43}$/.test(reportKey)) return undefined;
  return new Date(Buffer.from(reportKey, 'base64url').readUIntBE(0, EXPIRY_BYTES)).toISOString();
}

function hmac({ secret }: ReportServerKey, kind: string, scope: readonly unknown[], expiresAt: string): string {
  const expiry = Buffer.alloc(EXPIRY_BYTES);
  const at = Date.parse(expiresAt);
  // An expiry that is no instant of the form that the app writes makes a key that fits nothing else.
  expiry.writeUIntBE(at >= 0 && at < 2 ** 47 ? at : 0, 0, EXPIRY_BYTES);
  const mac = createHmac('sha256', secret)
    .update(JSON.stringify([kind, ...scope, expiresAt]))
    .digest();
  return Buffer.concat([expiry, mac.subarray(0, HMAC_BYTES)]).toString('base64url');
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
