import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  acknowledgementPath,
  isReportMac,
  reportPath,
  type UnverifiedReportMac,
} from '@connected-registry/protocol/messages/reportMac';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';

/** The server's keys. One signs, all verify, so that a key can be replaced while reports are pending. */
export interface ReportKeys {
  readonly signing: ReportServerKey;
  readonly all: readonly ReportServerKey[];
}

/** A server key, which derives and verifies the devices' keys. */
interface ReportServerKey {
  readonly id: string;
  readonly secret: Buffer;
}

/** What a report key is valid for: one attempt of one operation, until `expiresAt` (ISO 8601). */
export interface ReportScope {
  /**
   * `{instance}.{run}`. The instance identifies registry, connected registry and client, so the key is bound to the
   * client.
   */
  readonly operation: string;
  readonly attempt: number;
  readonly expiresAt: string;
}

/** Bytes of a key for the expiry, in milliseconds since 1970 (48 bits: the year 10889). */
const EXPIRY_BYTES = 6;

/** Bytes of a key for the HMAC: the first 208 of its 256 bits. */
const HMAC_BYTES = 26;

/**
 * Derives a report key: the expiry and an HMAC-SHA-256 over the scope, cut to 26 bytes, as 43 characters of base64url.
 * The expiry lets the app verify a key by the request's line and headers, before it reads the body. Keys are not
 * stored: they are derived again when the report arrives (docs/decisions/0006-report-keys.md).
 */
export function deriveReportKey(serverKey: ReportServerKey, scope: ReportScope): string {
  return hmac(serverKey, 'pull-check-report', [scope.operation, scope.attempt], scope.expiresAt);
}

/** What an acknowledgement key is valid for: one operation's promotion, until `expiresAt` (ISO 8601). */
type AcknowledgementScope = Pick<ReportScope, 'operation' | 'expiresAt'>;

/** Derives the key for the acknowledgement of a promotion, as {@link deriveReportKey}. */
export function deriveAcknowledgementKey(serverKey: ReportServerKey, scope: AcknowledgementScope): string {
  return hmac(serverKey, 'promotion-acknowledgement', [scope.operation], scope.expiresAt);
}

/** Whether a key is valid for the acknowledgement. Compares in constant time; false for an unknown key id. */
export function verifyAcknowledgementKey(
  keys: ReportKeys,
  keyId: string,
  reportKey: string,
  scope: AcknowledgementScope,
): boolean {
  return isKey(
    reportKey,
    derived(keys, keyId, (serverKey) => deriveAcknowledgementKey(serverKey, scope)),
  );
}

/** Whether a key is valid for the report. Compares in constant time; false for an unknown key id. */
export function verifyReportKey(keys: ReportKeys, keyId: string, reportKey: string, scope: ReportScope): boolean {
  return isKey(
    reportKey,
    derived(keys, keyId, (serverKey) => deriveReportKey(serverKey, scope)),
  );
}

/** Whether the acknowledgement's key has made the MAC, for this promotion. As {@link verifyReportMac}. */
export function verifyAcknowledgementMac(
  keys: ReportKeys,
  mac: UnverifiedReportMac,
  { operation }: Pick<ReportScope, 'operation'>,
): boolean {
  const { keyId, expiresAt } = mac;
  const key = derived(keys, keyId, (serverKey) => deriveAcknowledgementKey(serverKey, { operation, expiresAt }));
  return key !== undefined && isReportMac(mac, key, acknowledgementPath({ operation }));
}

/**
 * Whether the report's key has made the MAC, for this attempt. Whether the body is the one that it covers, is compared
 * once the body was read. Compares in constant time; false for an unknown key id.
 */
export function verifyReportMac(
  keys: ReportKeys,
  mac: UnverifiedReportMac,
  { operation, attempt }: Pick<ReportScope, 'operation' | 'attempt'>,
): boolean {
  const { keyId, expiresAt } = mac;
  const key = derived(keys, keyId, (serverKey) => deriveReportKey(serverKey, { operation, attempt, expiresAt }));
  return key !== undefined && isReportMac(mac, key, reportPath({ operation, attempt }));
}

/** The expiry (ISO 8601) in a key; undefined if the text is no key. Unverified: anybody can write an expiry. */
export function expiryOfKey(reportKey: string): string | undefined {
  if (!/^[A-Za-z0-9_-]{43}$/.test(reportKey)) return undefined;
  return new Date(Buffer.from(reportKey, 'base64url').readUIntBE(0, EXPIRY_BYTES)).toISOString();
}

function hmac({ secret }: ReportServerKey, kind: string, scope: readonly unknown[], expiresAt: string): string {
  const expiry = Buffer.alloc(EXPIRY_BYTES);
  const at = Date.parse(expiresAt);
  // An expiry that the app cannot have written gives a key that matches no other scope.
  expiry.writeUIntBE(at >= 0 && at < 2 ** 47 ? at : 0, 0, EXPIRY_BYTES);
  const mac = createHmac('sha256', secret)
    .update(JSON.stringify([kind, ...scope, expiresAt]))
    .digest();
  return Buffer.concat([expiry, mac.subarray(0, HMAC_BYTES)]).toString('base64url');
}

/** The device's key; undefined for an unknown server key. */
function derived(keys: ReportKeys, keyId: string, derive: (serverKey: ReportServerKey) => string): string | undefined {
  const serverKey = keys.all.find((key) => key.id === keyId);
  return serverKey && derive(serverKey);
}

function isKey(reportKey: string, right: string | undefined): boolean {
  if (right === undefined) return false;
  const expected = Buffer.from(right);
  const given = Buffer.from(reportKey);
  const fits = expected.length === given.length && timingSafeEqual(expected, given);
  // Only valid keys are secrets; remembering others would let anybody fill the memory.
  if (fits) seenSecrets.remember(reportKey);
  return fits;
}
