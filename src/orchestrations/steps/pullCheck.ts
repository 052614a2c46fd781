import type { IssuedCredential } from '../../activities/credentials/issueCredentials.js';
import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import type { VerifiedPull } from '@connected-registry/protocol/names/secretTags';
import {
  lookAgainSeconds,
  nextSync,
  SYNC_SLACK_SECONDS,
  type SyncFacts,
} from '@connected-registry/protocol/registry/syncSchedule';
import type { Run } from '../../domain/operations/run.js';
import type { UnsignedPullCheck } from '../../domain/pullCheck/unsignedPullCheck.js';
import { decide, type PullCheckDecision } from '../../domain/pullCheck/pullCheckDecision.js';
import { reportEventName, type ReportEvent } from '../../domain/pullCheck/reportEvent.js';
import { backoffSeconds, repeat, type Try } from '../run/backoff.js';
import { StepFailed, type Flow } from '../run/flow.js';
import type { RunContext } from '../run/runContext.js';
import type { DeviceAddress } from './deviceAddress.js';
import { SyncWatch } from './syncWatch.js';

export interface PullCheck {
  readonly secret: { readonly name: string; readonly version: string };
  /** What the device is to pull. */
  readonly image: string;
  readonly sync: SyncFacts;
  /** How the device is asked. */
  readonly address: DeviceAddress;
  /** The password under check, if this run issued it. */
  readonly issued?: { readonly token: string; readonly credential: IssuedCredential; readonly attempt: number };
  /** For how long the device may be unable to read the secret, in seconds, whatever the deadline is. */
  readonly accessSeconds?: number;
  /** Binds the token again when the connected registry seems to have lost it. */
  readonly bindAgain: () => Flow<void>;
}

/**
 * After how many refusals in a row the cause is no longer a sync that has not come yet. Then the registry is asked
 * whether it still holds the password, and the binder whether the token is still on the list, which others may have
 * overwritten. After as many reports in a row that the secret cannot be read, the vault is asked whether the secret is
 * still there.
 */
const LOOK_AGAIN_EVERY = 3;

/** The password was replaced or wiped behind this run's back. A new one may do better. */
export class CredentialLost extends StepFailed {
  constructor(message: string) {
    super('credential-lost', message);
  }
}

/** What came of one attempt: a report, none in time, or the device could not even be asked. */
interface Answer {
  readonly report?: ReportEvent['report'];
  readonly undelivered?: string;
  /** Seconds that the request waited for the channel's rate until it was too late. */
  readonly waited?: number;
}

/** Maximum seconds of these waits, together, that do not count against the deadline of the attempts. */
const MAX_WAITED_SECONDS = 24 * 3600;

/**
 * Asks the device to pull until it has, or until it is certain or too late that it will not. Attempts are paced by what
 * they wait for: a first password works at once in the cloud, but at the edge everything travels by sync.
 *
 * @throws StepFailed with the failure class, `pull-check-deadline`, or `signal-undeliverable` when the device could not
 * be reached in the last attempt
 */
export function* pullCheck(run: RunContext<Run>, check: PullCheck): Flow<VerifiedPull> {
  const attempts = new PullAttempts(run, check);
  return yield* repeat<VerifiedPull>(run, (tries) => attempts.next(tries));
}

/** The attempts of one pull check, and what they have shown so far. */
class PullAttempts {
  private readonly watch: SyncWatch;
  private readonly started: Date;
  /** Refusals in a row. */
  private refusals = 0;
  /** Reports in a row that the secret cannot be read. */
  private unread = 0;
  /** Seconds that do not count against the deadline. */
  private waited = 0;

  constructor(
    private readonly run: RunContext<Run>,
    private readonly check: PullCheck,
  ) {
    this.watch = new SyncWatch(run);
    this.started = run.now;
  }

  /** One attempt. @param tries how many came before it */
  *next(tries: number): Flow<Try<VerifiedPull>> {
    const { run, check, watch } = this;
    const asked = run.now;
    // Attempts are numbered through the run, since their numbers name messages and events.
    const answer = yield* ask(run, check, run.log.asked + 1);
    this.waited = Math.min(this.waited + (answer.waited ?? 0), MAX_WAITED_SECONDS);
    if (answer.report) check.address.heard();
    else check.address.notHeard();
    const decision = judge(answer, check.image);
    if (decision.kind === 'verified') {
      check.address.hasPulled();
      const { digest, bytes, milliseconds } = decision;
      return { value: { image: check.image, digest, bytes, milliseconds, verifiedAt: run.now.toISOString() } };
    }
    if (decision.kind === 'fail') throw new StepFailed(decision.code, decision.reason);
    if (decision.kind === 'failIfSynced' && (yield* watch.sawSyncBefore(asked)))
      throw new StepFailed(decision.code, decision.reason);
    yield* this.lookIfRefused(decision);
    const promotedBy = yield* this.lookIfUnread(answer);
    if (promotedBy) return { value: { ...promotedBy, image: check.image } };

    const isOwnTrouble = decision.kind === 'later';
    // Without a readable schedule the time of the next sync is unknown. The run waits for the syncs that ARM reports.
    if (!isOwnTrouble && nextSync(check.sync.schedule, this.started) === undefined) yield* watch.sawSyncBefore(asked);
    const seconds = pauseSeconds(run, check, isOwnTrouble, tries);
    if (this.isTooLate(seconds))
      throw new StepFailed(
        answer.undelivered ? 'signal-undeliverable' : 'pull-check-deadline',
        `no verified pull in time; last: ${decision.reason}`,
      );
    return { seconds, because: decision.reason, next: 'asking again' };
  }

  /** After refusals in a row: asks the registry for the password, and has the token bound if others removed it. */
  private *lookIfRefused({ kind }: PullCheckDecision): Flow<void> {
    this.refusals = kind === 'afterSync' ? this.refusals + 1 : 0;
    if (!isTimeToLook(this.refusals)) return;
    yield* requireCredential(this.run, this.check);
    yield* this.check.bindAgain();
    this.watch.bound();
  }

  /**
   * After reports in a row that the secret cannot be read: asks the registry for the password, and the vault for the
   * secret.
   * @returns as {@link requireCredential}
   */
  private *lookIfUnread({ report }: Answer): Flow<VerifiedPull | undefined> {
    this.unread = report?.outcome === 'secret-unavailable' ? this.unread + 1 : 0;
    return isTimeToLook(this.unread) ? yield* requireCredential(this.run, this.check, 'looksForSecret') : undefined;
  }

  /**
   * Whether an attempt so many seconds from now would come after the deadline. A device that reports that it cannot
   * read the secret has at least until the right to read it, which this run gave, has taken effect.
   */
  private isTooLate(seconds: number): boolean {
    const { run, check, started, watch } = this;
    const next = run.later(seconds - this.waited);
    const readable = this.unread > 0 ? readableBy(check, started) : undefined;
    return next > deadline(run, check, started, watch.synced) && (readable === undefined || next > readable);
  }
}

function isTimeToLook(count: number): boolean {
  return count > 0 && count % LOOK_AGAIN_EVERY === 0;
}

/**
 * Until when attempts go on, counted from the first sync after the binding. Where no schedule says when that is, it is
 * the one that ARM reports, and until then the longest time that a flow waits for one: to give up before the sync would
 * be to fail for nothing.
 */
function deadline({ limits }: RunContext, { sync }: PullCheck, started: Date, synced: Date | undefined): Date {
  const unreported = new Date(started.getTime() + limits.syncDeadlineSeconds * 1000);
  const firstSync = nextSync(sync.schedule, started) ?? synced ?? unreported;
  return new Date(firstSync.getTime() + limits.pullCheckDeadlineSeconds * 1000);
}

/** When the device can read the secret; undefined unless this run gave it the right to. */
function readableBy({ accessSeconds }: PullCheck, started: Date): Date | undefined {
  return accessSeconds === undefined ? undefined : new Date(started.getTime() + accessSeconds * 1000);
}

/**
 * Checks that the registry still holds the password that this run issued.
 *
 * @param depth whether the vault is asked for the candidate, too
 * @returns the pull by which the password was promoted already, by a call that this run knows nothing of
 * @throws CredentialLost when the registry, or the vault, no longer holds it
 */
function* requireCredential(
  run: RunContext<Run>,
  { issued }: PullCheck,
  depth?: 'looksForSecret',
): Flow<VerifiedPull | undefined> {
  if (!issued) return undefined;
  const { token, credential, attempt } = issued;
  const reference = referenceOf(run.input.request);
  const { stands, promotedBy } = yield* run.activities.checkCredential({
    registry: reference.registry,
    token,
    credential,
    ...(depth === undefined ? {} : { candidate: { reference, run: run.id, attempt } }),
  });
  if (stands) return promotedBy;
  throw new CredentialLost(`the password that was issued into ${credential.slot} of token ${token} is no longer there`);
}

function judge({ report, undelivered }: Answer, image: string): PullCheckDecision {
  return undelivered === undefined ? decide(report, image) : { kind: 'later', reason: undelivered };
}

const TOO_LATE = "the device's channel took the request only after it had expired";

/** One attempt: sends the request, and waits for its report until the request expires. */
function* ask(run: RunContext<Run>, { secret, image, address }: PullCheck, attempt: number): Flow<Answer> {
  const { client, connectedRegistry } = run.input.request;
  const { reportTimeoutSeconds } = run.limits;
  const asked = run.now;
  const expires = run.later(reportTimeoutSeconds);
  const { operation, id } = run;
  const message: UnsignedPullCheck = {
    operation,
    run: id,
    attempt,
    client,
    connectedRegistry,
    secret,
    image,
    expiresAt: expires.toISOString(),
  };
  run.log.asking(message);
  const reported = run.durable.df.waitForExternalEvent(reportEventName(id, attempt));
  try {
    const within = run.within(reportTimeoutSeconds);
    const channel = yield* address.delivery(within);
    if ('waits' in channel) return { undelivered: channel.waits };
    yield* within.activities.requestPullCheck({ ...message, channel });
  } catch (error) {
    // A late request would be of no use: the next attempt sends one of its own.
    if (!(error instanceof StepFailed) || error.code !== 'step-deadline') throw error;
    return { undelivered: error.message };
  }
  const waited = run.secondsSince(asked);
  if (!reported.isCompleted) yield* run.waitUntil(reported, expires);
  if (!reported.isCompleted) return waited < reportTimeoutSeconds ? {} : { undelivered: TOO_LATE, waited };
  // The trigger that raised the event has parsed it.
  const event = reported.result as ReportEvent;
  run.log.reported(attempt, event.hash);
  return { report: event.report };
}

/**
 * Seconds until the next attempt. For a device's own trouble the pauses grow; everything else waits for the next sync,
 * or in growing pauses where no schedule says when that is. A setting may fix the pace.
 */
function pauseSeconds({ limits, now }: RunContext, { sync }: PullCheck, isOwnTrouble: boolean, tries: number): number {
  if (limits.pullCheckRetrySeconds !== undefined) return limits.pullCheckRetrySeconds;
  if (isOwnTrouble)
    return backoffSeconds({ first: limits.retryFirstSeconds, longest: limits.retryMaxSeconds }, tries + 1);
  const next = nextSync(sync.schedule, now);
  return next ? (next.getTime() - now.getTime()) / 1000 + SYNC_SLACK_SECONDS : lookAgainSeconds(tries - 1);
}
