import { z } from 'zod';
import { FAILURE_CODES } from './codes.js';
import { checkResult, checkWarning } from './clientAnswers.js';
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
  .describe('`rolledBack`: ended without success and nothing of ours left; `failed`: something is left, see `residue`');
export type OperationStatus = z.infer<typeof operationStatus>;

const stepStatus = z.enum(['running', 'waiting', 'completed', 'failed']);
export type StepStatus = z.infer<typeof stepStatus>;

export const step = z
  .object({
    name: z.string(),
    status: stepStatus,
    attempts: z
      .int()
      .min(0)
      .describe('how often its activity was tried; for the pull check, how often the device was asked'),
    startedAt: instant,
    endedAt: instant.exactOptional(),
    message: z.string().describe('what a waiting or failed step is up against').exactOptional(),
  })
  .readonly()
  .describe('One step of a flow, or of its undoing.');
/** One step of a flow or of its rollback. `message` says why a step waits or failed. */
export type Step = z.infer<typeof step>;

export { verifiedPull, type VerifiedPull };

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
    secret: provenSecret,
    pull: verifiedPull,
    changed: z.boolean().describe('false when everything was as asked for before, so that nothing was written'),
  })
  .readonly()
  .describe('What a completed onboarding has given the client.');
export type OnboardingResult = z.infer<typeof onboardingResult>;

export const rotationResult = z
  .object({
    token: z.string(),
    connectedRegistry: z.string(),
    secret: provenSecret,
    pull: verifiedPull,
    revokes: z
      .object({
        slot: z.enum(SLOT_NAMES),
        from: instant.describe('or once the device has acknowledged the new credential'),
      })
      .readonly()
      .describe('the password before, which the sweep revokes; absent when it is gone already')
      .exactOptional(),
  })
  .readonly()
  .describe('What a completed rotation has given the client.');
export type RotationResult = z.infer<typeof rotationResult>;

export const offboardingResult = z
  .object({
    removed: z.array(z.string()).readonly().describe('what this run has taken away, in order'),
    kept: z.array(z.string()).readonly().describe('what was left as it is on purpose, each with the reason'),
    changed: z.boolean().describe('false when nothing of the client was left, so that nothing was written'),
  })
  .readonly()
  .describe('What a completed offboarding has taken away.');
export type OffboardingResult = z.infer<typeof offboardingResult>;

export const revocationResult = z
  .object({
    revokedAt: instant.describe(
      'when the client was revoked; a repetition leaves it. Only an onboarding that is asked for after the last repetition lifts the revocation',
    ),
    disabled: z.array(z.string()).readonly().describe('tokens and secrets that this run has disabled'),
    changed: z.boolean().describe('false when all was disabled before'),
    kept: z
      .array(z.string())
      .readonly()
      .describe('what was left as it is, since other clients use it, each with the reason')
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
      .describe('the cloud refuses the client from now on, its connected registry from its next sync on'),
  })
  .readonly()
  .describe('What a completed revocation has disabled.');
export type RevocationResult = z.infer<typeof revocationResult>;

const operationResult = z
  .union([onboardingResult, rotationResult, offboardingResult, revocationResult, checkResult])
  .describe('What a completed run came to, by kind.');
export type OperationResult = z.infer<typeof operationResult>;

export const operationFailure = z
  .object({
    code: z.enum(FAILURE_CODES),
    message: z.string(),
    residue: z
      .array(z.string())
      .readonly()
      .describe('what the run made or was to take away, and could not, each with the reason'),
    kept: z.array(z.string()).readonly().describe('what was found or others share, left as it is on purpose'),
    disabled: z
      .array(z.string())
      .readonly()
      .describe(
        'of a revocation: tokens, passwords and secrets that it has disabled although it failed; what may still work is in `residue`',
      )
      .exactOptional(),
    problems: z.array(problemFound).readonly().describe('everything that preflight found wrong').exactOptional(),
    nextTryAt: instant
      .describe(
        'of a rotation: when the sweep tries again, or later where the next sync is far; absent where it does not',
      )
      .exactOptional(),
  })
  .readonly()
  .describe('Why an operation did not succeed, and what it left.');
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
    phase: z.string().describe('the part of the flow that the run is in; once ended, its status'),
    ...aboutClient,
    startedAt: instant,
    endedAt: instant.exactOptional(),
    steps: z.array(step).readonly(),
    result: operationResult.exactOptional(),
    failure: operationFailure.exactOptional(),
    abridged: z
      .literal(true)
      .describe('from the record of the last runs: steps, result and what was kept on purpose are not known any more')
      .exactOptional(),
    actor: z.string().describe('who asked for it; shown where `abridged` is').exactOptional(),
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
  .describe('A run in short: without its steps, its result, and what a failure left.');
export type OperationSummary = z.infer<typeof operationSummary>;

export const recordedOperation = z
  .object({
    ...operationSummary.unwrap().shape,
    actor: z.string().describe('who asked for it, as the audit calls them'),
    failure: z
      .object({
        code: z.enum(FAILURE_CODES),
        message: z.string(),
        residue: z.array(z.string()).readonly().describe('what it left; the first five things'),
        disabled: z
          .array(z.string())
          .readonly()
          .describe('of a revocation: what it has disabled although it failed; the first five things')
          .exactOptional(),
      })
      .readonly()
      .exactOptional(),
  })
  .readonly()
  .describe('A run of one client in short.');
export type RecordedOperation = z.infer<typeof recordedOperation>;

export const clientOperations = z
  .object({ operations: z.array(recordedOperation).readonly() })
  .readonly()
  .describe("A client's runs, newest first: those under way, and how the last twenty ended.");
export type ClientOperations = z.infer<typeof clientOperations>;

export const operationPage = z
  .object({
    operations: z
      .array(operationSummary)
      .readonly()
      .describe('fewer than `top` on the last page, and where a filter fits few of very many'),
    continuation: z.string().describe('for the next page; absent on the last').exactOptional(),
    omitsEarlier: z
      .literal(true)
      .describe(
        'with `since`: more than 500 clients, or 2,000 runs, since then; earlier runs of clients whose later ones are not among the newest are missing. A later `since` has them all',
      )
      .exactOptional(),
  })
  .readonly()
  .describe('A page of runs, by the time at which they were asked for, the newest first.');
export type OperationPage = z.infer<typeof operationPage>;

export const runningOperation = z
  .object({
    id: z.string(),
    status: z.literal('running'),
    warnings: z
      .array(checkWarning)
      .readonly()
      .describe('of an onboarding: other clients whose names differ in case alone; absent without any')
      .exactOptional(),
  })
  .readonly()
  .describe('A run that is under way; `id` is its operation.');
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
  .describe('Messages that are not answered yet, each until it is.');
export type PendingAnswer = z.infer<typeof pendingAnswer>;
