import { z } from 'zod';
import { FAILURE_CODES } from './codes.js';
import { checkResult, checkWarning } from './clientAnswers.js';
import { sealedMessages } from '../enrolment/messages.js';
import { problemFound } from './dryRunAnswers.js';
import {
  CREDENTIAL_PROMOTED,
  credentialPromoted,
  PULL_CHECK_REQUESTED,
  pullCheckRequested,
} from '../messages/pullCheckMessages.js';
import { SLOT_NAMES } from '../registry/slots.js';
import { verifiedPull, type VerifiedPull } from '../messages/verifiedPull.js';

/*
 * Schemas of the API's answers. The app does not parse answers: only the OpenAPI document and tests use the schemas at
 * run time. Import types only, so that the app's start does not load them.
 */

export * from './dryRunAnswers.js';

const instant = z.iso.datetime();

/** Kinds of runs; also the names of their orchestrations. */
export const OPERATION_KINDS = ['onboard', 'offboard', 'rotate', 'revoke', 'check'] as const;
/**
 * Kinds of which a client has at most one run at a time. A revocation runs beside it; a check is about many clients.
 */
export type ClientOperationKind = Exclude<OperationKind, 'revoke' | 'check'>;
export type OperationKind = (typeof OPERATION_KINDS)[number];

export const operationStatus = z
  .enum(['running', 'completed', 'rolledBack', 'failed'])
  .describe(
    '`rolledBack`: failed, and everything that the run made was removed; `failed`: something remains, see `residue`',
  );
export type OperationStatus = z.infer<typeof operationStatus>;

const stepStatus = z.enum(['running', 'waiting', 'completed', 'failed']);
export type StepStatus = z.infer<typeof stepStatus>;

export const step = z
  .object({
    name: z.string(),
    status: stepStatus,
    attempts: z.int().min(0).describe('attempts of its activity; for the pull check, requests to the device'),
    startedAt: instant,
    endedAt: instant.exactOptional(),
    message: z.string().describe('why a step waits or failed').exactOptional(),
  })
  .readonly()
  .describe('One step of a flow, or of its rollback.');
/** One step of a flow or of its rollback. `message` says why a step waits or failed. */
export type Step = z.infer<typeof step>;

export { verifiedPull, type VerifiedPull };

/** Absent in results of runs from before the app knew of several vaults. */
const vaultOfResult = z
  .string()
  .describe("host of the vault for the client's secrets; absent for runs of versions that knew one vault only")
  .exactOptional();

const provenSecret = z
  .object({
    name: z.string(),
    version: z.string(),
    slot: z.enum(SLOT_NAMES).describe("the token's password that the secret holds"),
    expiresOn: instant,
  })
  .readonly()
  .describe('the Key Vault secret that holds the proven credential; its value is never shown');

export const onboardingResult = z
  .object({
    scopeMap: z.string(),
    token: z.string(),
    connectedRegistry: z.string(),
    vault: vaultOfResult,
    secret: provenSecret,
    pull: verifiedPull,
    changed: z.boolean().describe('false when everything was already as requested and nothing was written'),
    byHand: z
      .array(z.string())
      .readonly()
      .describe('what remains to be done by hand, since the token was made by others; absent if there is nothing')
      .exactOptional(),
  })
  .readonly()
  .describe('Result of a completed onboarding.');
export type OnboardingResult = z.infer<typeof onboardingResult>;

export const rotationResult = z
  .object({
    token: z.string(),
    connectedRegistry: z.string(),
    vault: vaultOfResult,
    secret: provenSecret,
    pull: verifiedPull,
    revokes: z
      .object({
        slot: z.enum(SLOT_NAMES),
        from: instant.describe('or once the device has acknowledged the new credential'),
      })
      .readonly()
      .describe('the previous password, which the sweep revokes; absent when it no longer works')
      .exactOptional(),
  })
  .readonly()
  .describe('Result of a completed rotation.');
export type RotationResult = z.infer<typeof rotationResult>;

export const offboardingResult = z
  .object({
    vault: vaultOfResult,
    removed: z.array(z.string()).readonly().describe('what this run removed, in order'),
    kept: z.array(z.string()).readonly().describe('what was kept on purpose, each with the reason'),
    changed: z.boolean().describe('false when nothing of the client remained and nothing was written'),
  })
  .readonly()
  .describe('Result of a completed offboarding.');
export type OffboardingResult = z.infer<typeof offboardingResult>;

export const revocationResult = z
  .object({
    revokedAt: instant.describe(
      'when the client was revoked; a repetition does not change it. Only an onboarding that is requested after the last repetition clears the revocation',
    ),
    vault: vaultOfResult,
    disabled: z.array(z.string()).readonly().describe('tokens and secrets that this run disabled'),
    changed: z.boolean().describe('false when everything was already disabled'),
    kept: z
      .array(z.string())
      .readonly()
      .describe('what was kept because other clients use it, each with the reason')
      .exactOptional(),
    edge: z
      .object({
        connectedRegistry: z.string(),
        schedule: z.string().describe('its sync schedule, a cron expression in UTC').exactOptional(),
        lastSyncTime: instant.exactOptional(),
        nextSyncTime: instant.describe('when the next sync is due; absent when it does not exist').exactOptional(),
        message: z.string(),
      })
      .readonly()
      .describe(
        'from when the client is refused: by the cloud immediately, by its connected registry after its next sync',
      ),
  })
  .readonly()
  .describe('Result of a completed revocation.');
export type RevocationResult = z.infer<typeof revocationResult>;

const operationResult = z
  .union([onboardingResult, rotationResult, offboardingResult, revocationResult, checkResult])
  .describe('Result of a completed run, by kind.');
export type OperationResult = z.infer<typeof operationResult>;

export const operationFailure = z
  .object({
    code: z.enum(FAILURE_CODES),
    message: z.string(),
    residue: z
      .array(z.string())
      .readonly()
      .describe('what the run made or was to remove and could not, each with the reason'),
    kept: z.array(z.string()).readonly().describe('what existed before or is shared, and was kept on purpose'),
    disabled: z
      .array(z.string())
      .readonly()
      .describe(
        'of a revocation: tokens, passwords and secrets that it disabled although it failed; what may still work is in `residue`',
      )
      .exactOptional(),
    problems: z.array(problemFound).readonly().describe('all problems that preflight found').exactOptional(),
    nextTryAt: instant
      .describe(
        "of a rotation: earliest time of the sweep's next attempt; it may be later if the next sync is far away. Absent if there is none",
      )
      .exactOptional(),
  })
  .readonly()
  .describe('Why an operation failed, and what remains.');
export type OperationFailure = z.infer<typeof operationFailure>;

/** Fields of runs that are about one client. A check is not. */
const aboutClient = {
  registry: z.string().exactOptional(),
  connectedRegistry: z.string().exactOptional(),
  client: z.string().exactOptional(),
};

export const operation = z
  .object({
    id: z.string(),
    kind: z.enum(OPERATION_KINDS),
    runId: z.string(),
    status: operationStatus,
    phase: z.string().describe('the current part of the flow; the status after the run has ended'),
    ...aboutClient,
    startedAt: instant,
    endedAt: instant.exactOptional(),
    steps: z.array(step).readonly(),
    result: operationResult.exactOptional(),
    failure: operationFailure.exactOptional(),
    abridged: z
      .literal(true)
      .describe(
        'true for a run from the record of recent runs: steps, result and what was kept on purpose are no longer known',
      )
      .exactOptional(),
    actor: z.string().describe('who requested it; present if `abridged` is').exactOptional(),
  })
  .readonly()
  .describe('A run. Times are ISO 8601, UTC.');
/** A run as `GET /api/operations/{id}` returns it. Times are ISO 8601, UTC. */
export type Operation = z.infer<typeof operation>;

export const operationSummary = z
  .object({
    id: z.string(),
    kind: z.enum(OPERATION_KINDS),
    runId: z.string(),
    status: operationStatus,
    phase: z.string(),
    ...aboutClient,
    startedAt: instant,
    endedAt: instant.exactOptional(),
    failure: z
      .object({ code: z.enum(FAILURE_CODES), message: z.string() })
      .readonly()
      .exactOptional(),
  })
  .readonly()
  .describe('Summary of a run, without its steps, its result and its residue.');
export type OperationSummary = z.infer<typeof operationSummary>;

export const recordedOperation = z
  .object({
    ...operationSummary.unwrap().shape,
    actor: z.string().describe('who requested it, as in the audit log'),
    failure: z
      .object({
        code: z.enum(FAILURE_CODES),
        message: z.string(),
        residue: z.array(z.string()).readonly().describe('what remains; the first five items'),
        disabled: z
          .array(z.string())
          .readonly()
          .describe('of a revocation: what it disabled although it failed; the first five items')
          .exactOptional(),
      })
      .readonly()
      .exactOptional(),
  })
  .readonly()
  .describe('Summary of a run of one client.');
export type RecordedOperation = z.infer<typeof recordedOperation>;

export const clientOperations = z
  .object({ operations: z.array(recordedOperation).readonly() })
  .readonly()
  .describe("A client's runs, newest first: those in progress and the last twenty that ended.");
export type ClientOperations = z.infer<typeof clientOperations>;

export const operationPage = z
  .object({
    operations: z
      .array(operationSummary)
      .readonly()
      .describe('fewer than `top` on the last page, and if a filter matches only a few of very many'),
    continuation: z.string().describe('for the next page; absent on the last').exactOptional(),
    omitsEarlier: z
      .literal(true)
      .describe(
        'with `since`: there were more than 500 clients or 2,000 runs since then, so some earlier runs are missing. Use a later `since` to get all',
      )
      .exactOptional(),
  })
  .readonly()
  .describe('A page of runs by the time of their request, newest first.');
export type OperationPage = z.infer<typeof operationPage>;

export const runningOperation = z
  .object({
    id: z.string(),
    status: z.literal('running'),
    warnings: z
      .array(checkWarning)
      .readonly()
      .describe(
        'of an onboarding: other clients whose names differ only in case; with `identity`, a subscription with almost no room for role assignments. Absent if there are none',
      )
      .exactOptional(),
  })
  .readonly()
  .describe('A run in progress; `id` is its operation.');
/** The 202 answer of requests that start a run, join one, or ask one to stop. */
export type RunningOperation = z.infer<typeof runningOperation>;

/** The answer to an accepted report or acknowledgement. */
export const reportAnswer = z.object({ status: z.enum(['accepted', 'accepted before']) }).readonly();
export type ReportAnswer = z.infer<typeof reportAnswer>;

/** Messages for devices that poll: CloudEvents, as on the signal topic. */
export const pendingAnswer = z
  .object({
    messages: z
      .array(
        z
          .object({
            specversion: z.literal('1.0'),
            type: z.enum([PULL_CHECK_REQUESTED, CREDENTIAL_PROMOTED]),
            id: z.string().describe('the same for the same message'),
            source: z.string(),
            subject: z.string(),
            data: z.union([pullCheckRequested, credentialPromoted]),
          })
          .readonly(),
      )
      .readonly(),
  })
  .readonly()
  .describe('Messages that the device has not answered yet.');
export type PendingAnswer = z.infer<typeof pendingAnswer>;

/** Messages for a device that has joined. */
export const sealedDeviceMessages = sealedMessages
  .extend({ messages: pendingAnswer.unwrap().shape.messages })
  .readonly()
  .describe(
    'What is sealed for a device that has joined: messages that it has not answered yet. The names are of its client.',
  );
export type SealedDeviceMessages = z.infer<typeof sealedDeviceMessages>;
