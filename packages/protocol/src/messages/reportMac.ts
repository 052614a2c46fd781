import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/*
 * A device proves that it has the key of an attempt without sending it: `Authorization: PullCheckMac keyId="..",
 * expiresAt="..", digest="..", mac=".."`. Whoever reads the request learns no key, and can send the same report again
 * and no other (docs/decisions/0051-reports-prove-their-key.md).
 */

/** The scheme of the header `Authorization`. */
export const REPORT_MAC_SCHEME = 'PullCheckMac';

/** First element of what the MAC covers, so that a MAC by this key for another purpose or version is none here. */
const PURPOSE = 'connected-registry report 1';

/** Reports and acknowledgements are sent with this method only. */
const METHOD = 'POST';

/** Maximum characters of the header; a longer one is not parsed. */
const MAX_HEADER = 512;

/** What authenticates a report, from the message that it answers. */
export interface ReportCredential {
  readonly keyId: string;
  readonly reportKey: string;
  /** ISO 8601, exactly as in the message. */
  readonly expiresAt: string;
}

/** Path of the route for reports of one attempt. It is covered in this form, whatever prefix a front end adds. */
export function reportPath({ operation, attempt }: { readonly operation: string; readonly attempt: number }): string {
  return `/api/pull-checks/${encodeURIComponent(operation)}/${attempt}`;
}

/** Path of the route for acknowledgements of one promotion. */
export function acknowledgementPath({ operation }: { readonly operation: string }): string {
  return `/api/promotions/${encodeURIComponent(operation)}`;
}

/** @returns the value of the header `Authorization` for a body that is sent to this path */
export function authorizeReport(
  { keyId, reportKey, expiresAt }: ReportCredential,
  { path, body }: { readonly path: string; readonly body: string },
): string {
  const digest = digestOf(Buffer.from(body));
  const mac = macOf(reportKey, { path, expiresAt, digest }).toString('hex');
  return `${REPORT_MAC_SCHEME} keyId="${keyId}", expiresAt="${expiresAt}", digest="${digest}", mac="${mac}"`;
}

/** SHA-256 in lower-case hexadecimal. */
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const parameters = z.strictObject({
  keyId: z.string().min(1),
  expiresAt: z.string().min(1),
  /** Of the body's bytes. */
  digest: sha256,
  mac: sha256,
});

/** A MAC whose form is right. Nothing in it is verified: anybody can have written it. */
export type UnverifiedReportMac = Readonly<z.infer<typeof parameters>>;

/**
 * Reads the header, whose parameters may be in any order. They have the form of RFC 9110, section 11.2, quoted and
 * without escapes.
 * @returns undefined unless each parameter is there once, and no other
 */
export function readReportMac(authorization: string | null): UnverifiedReportMac | undefined {
  if (authorization === null || authorization.length > MAX_HEADER) return undefined;
  const [scheme, ...rest] = authorization.split(' ');
  if (scheme !== REPORT_MAC_SCHEME) return undefined;
  const pairs = rest
    .join(' ')
    .split(',')
    .map((text) => /^ *([A-Za-z]+)="([^"\\]*)" *$/.exec(text));
  const named = new Map(pairs.map((pair) => [pair?.[1], pair?.[2]]));
  if (named.size !== pairs.length) return undefined;
  const parsed = parameters.safeParse(Object.fromEntries(named));
  return parsed.success ? parsed.data : undefined;
}

/** Whether this key has made the MAC, for this path. Compares in constant time. */
export function isReportMac({ expiresAt, digest, mac }: UnverifiedReportMac, reportKey: string, path: string): boolean {
  return timingSafeEqual(macOf(reportKey, { path, expiresAt, digest }), Buffer.from(mac, 'hex'));
}

/** Whether these bytes are the body that the MAC covers. */
export function isReportBody({ digest }: Pick<UnverifiedReportMac, 'digest'>, body: Uint8Array): boolean {
  return digest === digestOf(body);
}

function macOf(
  reportKey: string,
  covered: Pick<UnverifiedReportMac, 'expiresAt' | 'digest'> & { path: string },
): Buffer {
  const { path, expiresAt, digest } = covered;
  return createHmac('sha256', reportKey)
    .update(JSON.stringify([PURPOSE, METHOD, path, expiresAt, digest]))
    .digest();
}

function digestOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}
