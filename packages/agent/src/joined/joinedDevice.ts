import { z } from 'zod';
import { DEVICE_MESSAGES_PATH } from '@connected-registry/protocol/enrolment/messages';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { pause } from '../agentClock.js';
import type { AgentClock } from '../agentClock.js';
import { MESSAGES_LIMIT } from '../channels/asking.js';
import type { ReadMessages } from '../channels/asking.js';
import type { AppAnswer } from '../channels/appAnswer.js';
import type { ClockSkew } from '../clockSkew.js';
import type { Log } from '../log.js';
import { errorName } from '../pullFailure.js';
import type { SecretReader } from '../secrets/vault.js';
import { DeviceRequests } from './deviceRequests.js';
import { createRenewal } from './renewal.js';
import { sealedMessageReader } from './sealedMessages.js';
import { SEALED_LIMIT, sealedSecretReader } from './sealedSecrets.js';
import { keyFiles } from './keys/keyFiles.js';
import { JoinedSession, isKeyEnded, openMembership, openersOf } from './session.js';
import type { Membership } from './membership.js';

export interface JoinedDeviceOptions {
  /** The folder that `agent join` has filled. */
  readonly folder: string;
  /** Milliseconds after which keys must have been renewed. */
  readonly renewalAge: number;
  /** Seconds that the app may hold a request for messages, 0 to 25. */
  readonly wait: number;
  /** Maximum milliseconds to wait for an answer. */
  readonly timeout: number;
  readonly clock: AgentClock;
  readonly skew: ClockSkew;
  readonly log: Log;
}

/** A device that has joined, while its agent runs. */
export interface JoinedDevice {
  /** Who the device is. Client and app do not change while the agent runs. */
  readonly membership: Membership;
  readonly secrets: SecretReader;
  /** Asks for messages. Keeps pass and keys up to date on the way. */
  readonly ask: (signal: AbortSignal) => Promise<AppAnswer>;
  /** Opens the messages of an answer, which are sealed to the device's key. */
  readonly read: ReadMessages;
  /** `keyEnded`: present if the app lets the device in no more, and it must join again. */
  health(): { client: string; thumbprint: string; keysSince: string; keyEnded?: true };
  close(): Promise<void>;
}

/** Milliseconds between two looks for a new membership, after the key has ended. */
const LOOK = 10_000;
/** Milliseconds between two requests with a key that has ended, in case the app has erred. */
const ENDED_PAUSE = 900_000;

const withPass = z.object({ pass: z.string().min(1).max(2048).optional() });

const isGood = ({ status }: AppAnswer) => status === 200 || status === 204;

/** @throws JoinFolderFailure if the folder has no membership, or another process runs on it */
export async function openJoinedDevice(options: JoinedDeviceOptions): Promise<JoinedDevice> {
  const { clock, log, skew, timeout, wait } = options;
  const session = await JoinedSession.open(options.folder, log);
  const { url } = session.membership;
  const requests = new DeviceRequests({ url, timeout, clock, skew });
  const renewal = createRenewal({ session, requests, age: options.renewalAge, clock, log });
  const messages = {
    method: 'GET',
    path: `${DEVICE_MESSAGES_PATH}?wait=${wait}`,
    limit: MESSAGES_LIMIT,
    held: wait * 1_000,
  } as const;
  let isEnded = false;
  /** A pass that the app has sent, until the app has accepted it: a wrong one must not take the place of one that works. */
  let fresh: { readonly pass: string; readonly thumbprint: string } | undefined;
  /** Whether the app has accepted a signature, so that the time by which keys age is known. */
  let isTimeKnown = false;

  async function ask(signal: AbortSignal): Promise<AppAnswer> {
    if (isEnded) await untilNewMembership(signal);
    else if (isTimeKnown) await renewal.ifDue(signal);
    // A pass is for one key, which may have been renewed since.
    const tried = fresh?.thumbprint === session.membership.thumbprint ? fresh.pass : undefined;
    fresh = undefined;
    let answer = await session.send(requests, messages, signal, tried);
    if (tried !== undefined && answer.status === 401)
      log('the fresh pass was refused, and the one before is used again');
    if (isKeyEnded(answer)) {
      const end = await renewal.complete(signal);
      if (end === 'refused') await keyEnded();
      if (end !== 'renewed') return answer;
      answer = await session.send(requests, messages, signal);
      if (isGood(answer)) await goOn(answer, undefined);
    } else if (isGood(answer)) await goOn(answer, tried);
    return answer;
  }

  async function keyEnded(): Promise<void> {
    if (isEnded) return;
    isEnded = true;
    log("the device's key has ended: the client was revoked or offboarded, or has joined elsewhere", {
      client: session.membership.client,
      whatToDo: 'ask an operator for a new join token, and run agent join with --again; this agent then continues',
    });
    await session.yield();
  }

  /** @param accepted the fresh pass that the app has accepted */
  async function goOn({ text }: AppAnswer, accepted: string | undefined): Promise<void> {
    isTimeKnown = true;
    try {
      if (isEnded) await session.reclaim();
      isEnded = false;
      if (accepted !== undefined) await session.change({ pass: accepted });
      const { pass } = withPass.safeParse(parseJson(text)).data ?? {};
      seenSecrets.remember(pass);
      const { thumbprint, pass: current } = session.membership;
      if (pass !== undefined && pass !== current) fresh = { pass, thumbprint };
    } catch (error) {
      log('the membership could not be stored', { reason: error instanceof Error ? error.message : errorName(error) });
    }
  }

  /** Waits until another process has joined again in this folder, or it is time to ask with the old key. */
  async function untilNewMembership(signal: AbortSignal): Promise<void> {
    for (let waited = 0; waited < ENDED_PAUSE && !signal.aborted; waited += LOOK) {
      // A failure is that of a join in progress: the next look finds its end.
      if (await session.lookForReplacement().catch(() => false)) {
        isEnded = false;
        log('the device has joined again', { client: session.membership.client });
        return;
      }
      await pause(clock, LOOK, signal);
    }
  }

  return {
    membership: session.membership,
    secrets: sealedSecretReader({
      ask: (path, signal) => session.send(requests, { method: 'GET', path, limit: SEALED_LIMIT }, signal),
      openers: () => session.openers(),
      membership: () => session.membership,
    }),
    ask,
    read: sealedMessageReader({
      openers: () => session.openers(),
      membership: () => session.membership,
      now: () => requests.now(),
    }),
    health() {
      const { client, thumbprint, keysSince } = session.membership;
      return { client, thumbprint, keysSince, ...(isEnded && { keyEnded: true as const }) };
    },
    close: () => session.yield(),
  };
}

/**
 * The secrets of a device that has joined, for one check beside an agent that may be running: the folder is only read.
 * @throws JoinFolderFailure if the folder has no membership
 */
export async function joinedSecrets(
  { folder: path, timeout }: Pick<JoinedDeviceOptions, 'folder' | 'timeout'>,
  clock: AgentClock,
): Promise<SecretReader> {
  const { folder, membership, keys } = await openMembership(path);
  const requests = new DeviceRequests({ url: membership.url, timeout, clock });
  return sealedSecretReader({
    ask: (target, signal) =>
      requests.send({ method: 'GET', path: target, limit: SEALED_LIMIT }, { pass: membership.pass, keys }, signal),
    openers: () => openersOf(keyFiles(folder), { membership, keys }),
    membership: () => membership,
  });
}
