import { z } from 'zod';
import { seenSecrets } from '../redaction/seenSecrets.js';

/** CloudEvents types of messages to devices on the signal topic. */
export const PULL_CHECK_REQUESTED = 'ConnectedRegistry.PullCheckRequested';
export const CREDENTIAL_PROMOTED = 'ConnectedRegistry.CredentialPromoted';

/** Names one version of a Key Vault secret. The vault's address is never sent; the agent takes it from its settings. */
const secretReference = z.object({ name: z.string().min(1).max(127), version: z.string().min(1).max(64) });

/**
 * A position in a trace, in version 00 of W3C Trace Context: `00-{trace}-{span}-{flags}`, where neither id is all
 * zeros. Source: w3.org/TR/trace-context, "traceparent Header Field Values".
 */
export const traceparent = z.string().regex(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/);

/**
 * Data of a {@link PULL_CHECK_REQUESTED} event: asks the device's agent to pull `image` with the credential in `secret`
 * and to report to `POST /api/pull-checks/{operation}/{attempt}` with `Authorization: PullCheck {keyId}:{reportKey}`.
 */
export const pullCheckRequested = z.object({
  operation: z.string().min(1).max(128),
  run: z.string().min(1).max(32),
  attempt: z.int().min(1),
  client: z.string().min(1).max(128),
  connectedRegistry: z.string().min(1),
  secret: secretReference,
  /** `repository:tag` or `repository@sha256:...`, without a registry host: the secret names the host. */
  image: z.string().min(1),
  keyId: z.string().min(1),
  reportKey: z.string().min(1),
  /** After this instant (ISO 8601, UTC) a report is answered with 410. */
  expiresAt: z.iso.datetime(),
  /**
   * The trace of the request. The report continues it in its own header of this name. Two requests that differ only in
   * it are the same request.
   */
  traceparent: traceparent.optional(),
});
export type PullCheckRequested = z.infer<typeof pullCheckRequested>;

/**
 * Data of a {@link CREDENTIAL_PROMOTED} event: `secret` is now the one to use. With `keyId`, `reportKey` and
 * `expiresAt`, which earlier senders omit, the agent acknowledges once its consumers have it: `POST
 * /api/promotions/{operation}` with `Authorization: PullCheck {keyId}:{reportKey}`.
 */
export const credentialPromoted = z.object({
  operation: z.string().min(1).max(128),
  run: z.string().min(1).max(32),
  client: z.string().min(1).max(128),
  connectedRegistry: z.string().min(1),
  secret: secretReference,
  keyId: z.string().min(1).optional(),
  reportKey: z.string().min(1).optional(),
  /** After this instant (ISO 8601, UTC) an acknowledgement is answered with 410. */
  expiresAt: z.iso.datetime().optional(),
});
export type CredentialPromoted = z.infer<typeof credentialPromoted>;

/**
 * How a pull check ended at the device. All values except `pulled` are failures; domain/pullCheck/pullCheckDecision.ts
 * decides which of them are retried.
 * - `unauthorized`: 401 from the token endpoint: not synced yet, a wrong slot, or a disabled token.
 * - `insufficient-scope`: authenticated, but the token has no right to this repository.
 * - `manifest-unknown`: the repository or tag is not (yet) at the connected registry.
 * - `digest-mismatch`: the received bytes do not match their digest.
 * - `unreachable`, `tls`: no connection to the connected registry, or an untrusted one.
 * - `secret-unavailable`, `secret-invalid`: the vault refused or has no such version; or its value cannot be used.
 * - `error`: any other failure; see the agent's log.
 */
export const pullOutcome = z.enum([
  'pulled',
  'unauthorized',
  'insufficient-scope',
  'manifest-unknown',
  'digest-mismatch',
  'unreachable',
  'tls',
  'secret-unavailable',
  'secret-invalid',
  'error',
]);
export type PullOutcome = z.infer<typeof pullOutcome>;

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits');

/**
 * The required form of each field of a report: shown as the fix of an invalid field, and as its description in the API.
 */
export const REPORT_FIELDS = {
  expiresAt: "the event's own expiresAt, an ISO 8601 instant in UTC",
  outcome: 'pulled, or one of the failure classes',
  image: 'the image that was asked for',
  digest: 'sha256: and 64 hexadecimal digits; required after a pull',
  bytes: 'a whole number; required after a pull',
  milliseconds: 'a number',
  agent: "the agent's name and version",
  clockSkewSeconds: "a whole number: seconds that the device's clock is ahead, or behind if negative",
} as const;

/** The device's report. `digest` and `bytes` (manifest, config and layers) are present after a successful pull. */
export const pullCheckReport = z
  .strictObject({
    expiresAt: z.iso.datetime().describe(REPORT_FIELDS.expiresAt),
    outcome: pullOutcome.describe(REPORT_FIELDS.outcome),
    image: z.string().min(1).max(512).describe(REPORT_FIELDS.image),
    digest: digest.nullish().describe(REPORT_FIELDS.digest),
    bytes: z.int().min(0).nullish().describe(REPORT_FIELDS.bytes),
    milliseconds: z.number().min(0).describe(REPORT_FIELDS.milliseconds),
    agent: z.string().min(1).max(128).describe(REPORT_FIELDS.agent),
    /** Present if the device has detected that its clock is wrong. It decides nothing. */
    clockSkewSeconds: z.int().optional().describe(REPORT_FIELDS.clockSkewSeconds),
  })
  .refine((r) => r.outcome !== 'pulled' || (r.digest && typeof r.bytes === 'number'), {
    path: ['digest'],
    error: 'digest and bytes are required when outcome is pulled',
  });
export type PullCheckReport = z.infer<typeof pullCheckReport>;

/**
 * The required form of each field of an acknowledgement: shown as the fix of an invalid field, and as its description
 * in the API.
 */
export const ACKNOWLEDGEMENT_FIELDS = {
  expiresAt: REPORT_FIELDS.expiresAt,
  version: 'the version of the main secret that the consumers have',
  agent: REPORT_FIELDS.agent,
} as const;

/** The device's confirmation that its consumers have a promoted credential. */
export const promotionAcknowledgement = z.strictObject({
  expiresAt: z.iso.datetime().describe(ACKNOWLEDGEMENT_FIELDS.expiresAt),
  version: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'is not the version of a secret')
    .refine((text) => !seenSecrets.holds(text), 'is not the version of a secret')
    .describe(ACKNOWLEDGEMENT_FIELDS.version),
  agent: z.string().min(1).max(128).describe(ACKNOWLEDGEMENT_FIELDS.agent),
});
export type PromotionAcknowledgement = z.infer<typeof promotionAcknowledgement>;
