import { DEVICE_KEYS_PATH, DEVICE_MESSAGES_PATH, joinedAnswer } from '@connected-registry/protocol/enrolment/messages';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import type { AgentClock } from '../agentClock.js';
import type { Log } from '../log.js';
import { growingPauses, steadyShare } from '../pauses.js';
import { errorName } from '../pullFailure.js';
import { problemCodeOf } from './deviceRequests.js';
import type { DeviceRequests } from './deviceRequests.js';
import { JoinFolderFailure } from './folder/joinFolder.js';
import { typeOf } from './keys/deviceKeyStore.js';
import type { DeviceKeyStore } from './keys/deviceKeyStore.js';
import { nameOf } from './membership.js';
import { NotOpened, openAnswer } from './openSealed.js';
import { isKeyEnded, thumbprintOfPair } from './session.js';
import type { JoinedSession } from './session.js';

export interface RenewalOptions {
  readonly session: JoinedSession;
  readonly requests: DeviceRequests;
  /** Milliseconds after which keys must have been renewed. */
  readonly age: number;
  readonly clock: AgentClock;
  readonly log: Log;
}

/** Renews the device's keys before they reach an age. */
export interface Renewal {
  /** Renews the keys if they are due. Never throws. */
  ifDue(signal: AbortSignal): Promise<void>;
  /**
   * Completes a renewal that was started: the app may have the next keys although its answer was lost, and then refuses
   * the old ones for everything but this.
   */
  complete(signal: AbortSignal): Promise<RenewalEnd>;
}

/**
 * - `renewed`: the next keys are the current ones now.
 * - `refused`: the app says that the current keys have ended, or no renewal was started.
 * - `unknown`: the app did not decide. It is asked again later.
 */
export type RenewalEnd = 'renewed' | 'refused' | 'unknown';

/** Pauses, in milliseconds, between attempts. */
const FIRST_PAUSE = 60_000;
const LONGEST_PAUSE = 3_600_000;
const ANSWER_LIMIT = 8_192;
/**
 * The share of the age that is certain; the rest depends on the key. Devices that joined together do not renew
 * together.
 */
const LEAST_SHARE = 0.8;
/** A request that shows whether keys and pass let the device in. The app repeats messages until they are answered. */
const PROOF = { method: 'GET', path: `${DEVICE_MESSAGES_PATH}?wait=0`, limit: 1 } as const;
const ENDED = 'the key has ended';

export function createRenewal({ session, requests, age, clock, log }: RenewalOptions): Renewal {
  const pauses = growingPauses(FIRST_PAUSE, LONGEST_PAUSE);
  /** The last attempt that failed, and the milliseconds until the next one. */
  let failed: { readonly at: Date; readonly pause: number } | undefined;
  /** Why the last attempt failed, once it was logged. */
  let loggedReason: string | undefined;

  function isDue(): boolean {
    const { renewal, keysSince, thumbprint } = session.membership;
    if (failed && isPause(failed, clock.now())) return false;
    return (
      renewal !== undefined ||
      requests.now().getTime() - Date.parse(keysSince) >= age * steadyShare(thumbprint, LEAST_SHARE)
    );
  }

  /** The next keys. They and the fact that they are in use are on disk before the app hears of them. */
  async function nextKeys(): Promise<DeviceKeyStore> {
    const { renewal } = session.membership;
    const unfinished = renewal && (await session.stores.find(renewal.thumbprint));
    if (unfinished) return unfinished;
    const next = await session.stores.create(typeOf(session.keys));
    await session.change({ renewal: { thumbprint: await thumbprintOfPair(next) } });
    return next;
  }

  /** @returns undefined after success, else the reason why not */
  async function renew(signal: AbortSignal): Promise<string | undefined> {
    const next = await nextKeys();
    const { membership, keys } = session;
    const { signing, sealing } = next.publicKeys;
    const body = { signingKey: signing, sealingKey: sealing };
    const request = { method: 'POST', path: DEVICE_KEYS_PATH, body, limit: ANSWER_LIMIT } as const;
    const answer = await requests.send(request, { pass: membership.pass, keys, next }, signal);
    if (answer.status === undefined) return answer.text;
    if (isKeyEnded(answer)) return ENDED;
    if (answer.status !== 200) return problemCodeOf(answer) ?? String(answer.status);
    // Signed for the pass of the request, and sealed to the next keys.
    const { channelKey: current } = membership;
    const parsed = joinedAnswer.safeParse(await openAnswer(answer, 'keys', { keys: next, channelKey: current }));
    const thumbprint = await thumbprintOfPair(next);
    const isOurs = parsed.success && parsed.data.thumbprint === thumbprint && isSameClient(parsed.data, membership);
    if (!isOurs) return 'the answer is not the app’s';
    const { pass, channelKey } = parsed.data;
    seenSecrets.remember(channelKey);
    const keysSince = requests.now().toISOString();
    // The app has said that the next keys are the current ones. The old ones are given up once these let the device in.
    const proven = await requests.send(PROOF, { pass, keys: next }, signal);
    if (proven.status !== 200 && proven.status !== 204) return 'the next keys do not let the device in yet';
    const changes = { thumbprint, pass, channelKey, keysSince, previous: undefined, renewal: undefined };
    await session.change(changes, next);
    await session.stores.keepOnly([thumbprint]);
    log("the device's keys were renewed", { thumbprint });
    return undefined;
  }

  async function attempt(signal: AbortSignal): Promise<RenewalEnd> {
    const reason = await renew(signal).catch((error: unknown) =>
      error instanceof JoinFolderFailure || error instanceof NotOpened
        ? error.message
        : `unexpected ${errorName(error)}`,
    );
    if (reason === undefined) {
      pauses.reset();
      failed = undefined;
      loggedReason = undefined;
      return 'renewed';
    }
    if (loggedReason !== reason && !signal.aborted) log("the device's keys were not renewed", { reason });
    loggedReason = reason;
    failed = { at: clock.now(), pause: pauses.next() };
    return reason === ENDED ? 'refused' : 'unknown';
  }

  return {
    async ifDue(signal) {
      if (isDue()) await attempt(signal);
    },
    complete: (signal) => (session.membership.renewal ? attempt(signal) : Promise.resolve('refused')),
  };
}

/**
 * Whether a pause since `at` is not over. The pause is over if the clock was set back since: it would last until the
 * clock has caught up.
 */
function isPause({ at, pause }: { readonly at: Date; readonly pause: number }, now: Date): boolean {
  const passed = now.getTime() - at.getTime();
  return passed >= 0 && passed < pause;
}

type ClientName = Parameters<typeof nameOf>[0];

function isSameClient(
  answer: Pick<ClientName, 'registry' | 'connectedRegistry' | 'client'>,
  membership: ClientName,
): boolean {
  return nameOf({ ...membership, ...answer }) === nameOf(membership);
}
