import type { OrchestrationContext } from 'durable-functions';
import type { IssuedCredential } from '../../activities/credentials/issueCredentials.js';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { FlowLimits } from '../../domain/operations/flowLimits.js';
import type { PullCheckAsk } from '../../domain/pullCheck/pullCheckAsk.js';
import { decide, type PullCheckDecision } from '../../domain/pullCheck/pullCheckDecision.js';
import { reportEventName, type ReportEvent } from '../../domain/pullCheck/reportEvent.js';
import type { VerifiedPull } from '@connected-registry/protocol/names/secretTags';
import {
  lookAgainSeconds,
  nextSync,
  SYNC_SLACK_SECONDS,
  type SyncFacts,
} from '@connected-registry/protocol/registry/syncSchedule';
import { later, StepFailed, type Flow } from '../run/flow.js';
import type { ProgressLog } from '../run/progressLog.js';
import type { StepRunner } from '../run/stepRunner.js';

export interface PullCheck {
  readonly operation: string;
  readonly run: string;
  readonly reference: ClientReference;
  /** How the device is told. */
  readonly channel: DeviceChannelChoice;
  readonly secret: { readonly name: string; readonly version: string };
  readonly image: string;
  readonly sync: SyncFacts;
  /** The password under check, where this run has made it. */
  readonly issued?: { readonly token: string; readonly credential: IssuedCredential; readonly attempt: number };
}

/**
 * So many refusals in a row are more than a sync that has not come yet. Then the registry is asked whether it still holds
 * the password, and the binder whether the token is still on the list, which others may have overwritten. After as many
 * reports in a row that the secret cannot be read, the vault is asked whether it is still there.
 */
const LOOK_AGAIN_EVERY = 3;

/**
 * Asks the device to pull until it has, or until it is certain or too late that it will not. Attempts are paced by what
 * they wait for: a first password works at once in the cloud, but at the edge everything travels by sync.
 * @throws StepFailed with the failure class, `pull-check-deadline`, or `signal-undeliverable` where the device could not be
 * told at the last.
 */
export function* pullCheck(
  context: OrchestrationContext,
  check: PullCheck,
  runner: StepRunner,
  log: ProgressLog,
  limits: FlowLimits,
  bindAgain: () => Flow<void>,
): Flow<VerifiedPull> {
  const watch: SyncWatch = { boundAt: context.df.currentUtcDateTime };
  const started = watch.boundAt;
  let refusals = 0;
  let unread = 0;
  // Attempts are numbered through the run, since their numbers name messages and events.
  for (let attempt = log.asked + 1, tries = 1; ; attempt += 1, tries += 1) {
    const asked = context.df.currentUtcDateTime;
    const answer = yield* ask(context, check, attempt, runner, log, limits);
    const decision = judge(answer, check.image);
    if (decision.kind === 'verified') {
      const { digest, bytes, milliseconds } = decision;
      const verifiedAt = context.df.currentUtcDateTime.toISOString();
      return { image: check.image, digest, bytes, milliseconds, verifiedAt };
    }
    if (decision.kind === 'fail') throw new StepFailed(decision.code, decision.reason);
    if (decision.kind === 'failIfSynced' && (yield* followsSync(watch, check, asked, runner)))
      throw new StepFailed(decision.code, decision.reason);

    refusals = decision.kind === 'afterSync' ? refusals + 1 : 0;
    if (refusals > 0 && refusals % LOOK_AGAIN_EVERY === 0) {
      yield* stands(check, runner);
      yield* bindAgain();
      watch.boundAt = context.df.currentUtcDateTime;
    }

    unread = answer.report?.outcome === 'secret-unavailable' ? unread + 1 : 0;
    if (unread > 0 && unread % LOOK_AGAIN_EVERY === 0) {
      const promotedBy = yield* stands(check, runner, 'looksForSecret');
      if (promotedBy) return { ...promotedBy, image: check.image };
    }

    const isOwnTrouble = decision.kind === 'later';
    if (!isOwnTrouble && isSyncUnknown(check, started)) yield* followsSync(watch, check, asked, runner);
    const seconds = pauseSeconds(context, check, isOwnTrouble, tries, limits);
    if (later(context, seconds) > deadline(check, started, watch, limits))
      throw new StepFailed(
        answer.undelivered ? 'signal-undeliverable' : 'pull-check-deadline',
        `no verified pull in time; last: ${decision.reason}`,
      );
    log.waiting(`${decision.reason}; asking again at ${later(context, seconds).toISOString()}`);
    yield* runner.pause(seconds);
  }
}

/** Nobody can tell when its connected registry syncs: what ARM reports of its syncs is followed. */
function isSyncUnknown({ sync }: PullCheck, started: Date): boolean {
  return nextSync(sync.schedule, started) === undefined;
}

/**
 * Until when attempts go on, counted from the first sync after the binding. Where its time is unknown it is the one that ARM
 * reports, and until then the longest time that a flow waits for one: to give up before the sync would be to fail for nothing.
 */
function deadline({ sync }: PullCheck, started: Date, { synced }: SyncWatch, limits: FlowLimits): Date {
  const unreported = new Date(started.getTime() + limits.syncDeadlineSeconds * 1000);
  const firstSync = nextSync(sync.schedule, started) ?? synced ?? unreported;
  return new Date(firstSync.getTime() + limits.pullCheckDeadlineSeconds * 1000);
}

/**
 * @param depth whether the vault is asked for the candidate, too
 * @returns the pull by which the password was promoted already, by a call of which this run knows nothing
 * @throws CredentialLost when the registry, or the vault, no longer holds the password that is being checked.
 */
function* stands(
  { reference, run, issued }: PullCheck,
  runner: StepRunner,
  depth?: 'looksForSecret',
): Flow<VerifiedPull | undefined> {
  if (!issued) return undefined;
  const { token, credential, attempt } = issued;
  const { stands: isHeld, promotedBy } = yield* runner.steps.checkCredential({
    registry: reference.registry,
    token,
    credential,
    ...(depth === undefined ? {} : { candidate: { reference, run, attempt } }),
  });
  if (isHeld) return promotedBy;
  throw new CredentialLost(`the password that was issued into ${credential.slot} of token ${token} is no longer there`);
}

/** The password was replaced or wiped behind this run's back; a new one may do better. */
export class CredentialLost extends StepFailed {
  constructor(message: string) {
    super('credential-lost', message);
  }
}

/** What came of one attempt: a report, none in time, or the device could not even be asked. */
interface Answer {
  readonly report?: ReportEvent['report'];
  readonly undelivered?: string;
}

function judge({ report, undelivered }: Answer, image: string): PullCheckDecision {
  return undelivered === undefined ? decide(report, image) : { kind: 'later', reason: undelivered };
}

/** One attempt: sends the request, and waits for its report until it expires. */
function* ask(
  context: OrchestrationContext,
  check: PullCheck,
  attempt: number,
  runner: StepRunner,
  log: ProgressLog,
  limits: FlowLimits,
): Flow<Answer> {
  const { operation, run, reference, channel, secret, image } = check;
  const { client, connectedRegistry } = reference;
  const expires = later(context, limits.reportTimeoutSeconds);
  const expiresAt = expires.toISOString();
  const message: PullCheckAsk = {
    operation,
    run,
    attempt,
    client,
    connectedRegistry,
    secret,
    image,
    expiresAt,
  };
  log.asking(message);
  const reported = context.df.waitForExternalEvent(reportEventName(run, attempt));
  try {
    yield* runner.within(limits.reportTimeoutSeconds).steps.requestPullCheck({ ...message, channel });
  } catch (error) {
    // Nobody would look at the request any more; the next attempt has one of its own.
    if (!(error instanceof StepFailed) || error.code !== 'step-deadline') throw error;
    return { undelivered: error.message };
  }
  if (!reported.isCompleted) yield* runner.waitUntil(reported, expires);
  if (!reported.isCompleted) return {};
  // The trigger that raised the event has parsed it.
  const event = reported.result as ReportEvent;
  log.reported(attempt, event.hash);
  return { report: event.report };
}

/**
 * Tells whether a sync after the binding lies before an attempt: that attempt's answer is final then, while an earlier
 * one only came too soon.
 */
function* followsSync(watch: SyncWatch, check: PullCheck, asked: Date, runner: StepRunner): Flow<boolean> {
  if (watch.synced === undefined) {
    const { registry, connectedRegistry } = check.reference;
    const { lastSyncTime } = yield* runner.steps.readSync({ registry, connectedRegistry });
    if (lastSyncTime !== undefined && new Date(lastSyncTime) > watch.boundAt) watch.synced = new Date(lastSyncTime);
  }
  return watch.synced !== undefined && watch.synced <= asked;
}

interface SyncWatch {
  boundAt: Date;
  /** A sync seen after the binding. */
  synced?: Date;
}

/**
 * Seconds until the next attempt: a device's own trouble is left longer and longer, everything else waits for the next
 * sync, longer and longer where its time is unknown. A setting may fix the pace.
 */
function pauseSeconds(
  context: OrchestrationContext,
  check: PullCheck,
  isOwnTrouble: boolean,
  attempt: number,
  limits: FlowLimits,
): number {
  if (limits.pullCheckRetrySeconds !== undefined) return limits.pullCheckRetrySeconds;
  if (isOwnTrouble) return Math.min(limits.retryMaxSeconds, limits.retryFirstSeconds * 2 ** Math.min(attempt, 20));
  const now = context.df.currentUtcDateTime;
  const next = nextSync(check.sync.schedule, now);
  return next ? (next.getTime() - now.getTime()) / 1000 + SYNC_SLACK_SECONDS : lookAgainSeconds(attempt - 1);
}
