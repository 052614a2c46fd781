import { DEVICE_MESSAGES_PATH } from '@connected-registry/protocol/enrolment/messages';
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
import { FolderInUse } from './folder/folderLock.js';
import { JoinFolderFailure } from './folder/joinFolder.js';
import { createRenewal } from './renewal.js';
import { sealedMessageReader } from './sealedMessages.js';
import { SEALED_LIMIT, sealedSecretReader } from './sealedSecrets.js';
import { JoinedSession, isKeyEnded, openMembership, sendAs } from './session.js';
import type { EnteredAnswer } from './session.js';
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
  readonly ask: (signal: AbortSignal) => Promise<EnteredAnswer>;
  /** Opens the messages of an answer, which the app has signed and sealed for this device. */
  readonly read: ReadMessages<EnteredAnswer>;
  /** `keyEnded`: present if the app no longer lets the device in, so that it must join again. */
  health(): { client: string; thumbprint: string; keysSince: string; keyEnded?: true };
  close(): Promise<void>;
}

/** Milliseconds between two looks for a new membership, after the key has ended. */
const LOOK = 10_000;
/** Milliseconds between two requests with a key that has ended, in case the app has erred. */
const ENDED_PAUSE = 900_000;

const isGood = ({ status }: AppAnswer) => status === 200 || status === 204;

const reasonOf = (error: unknown) => (error instanceof JoinFolderFailure ? error.message : errorName(error));

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
  const openMessages = sealedMessageReader({ membership: () => session.membership, now: () => requests.now() });
  let isEnded = false;
  /** Whether a signature was accepted, so that the time by which keys age is known. */
  let isTimeKnown = false;
  /** The pass that was refused last, once it was logged. */
  let loggedPass: string | undefined;
  /** Why the last look for a new membership failed, once it was logged. */
  let loggedReason: string | undefined;
  /** Whether the last look for a new membership found the folder in use. */
  let wasInUse = false;

  async function ask(signal: AbortSignal): Promise<EnteredAnswer> {
    if (isEnded) await untilNewMembership(signal);
    else if (isTimeKnown) await renewal.ifDue(signal);
    let answer = await session.send(requests, messages, signal);
    if (isKeyEnded(answer)) {
      const end = await renewal.complete(signal);
      if (end === 'refused') await keyEnded();
      if (end !== 'renewed') return answer;
      answer = await session.send(requests, messages, signal);
    }
    if (isGood(answer)) await goOn();
    // Nobody has signed the time in a refusal: no key ages by it.
    else if (answer.status === 401) isTimeKnown = false;
    return answer;
  }

  async function read(answer: EnteredAnswer): ReturnType<ReadMessages<EnteredAnswer>> {
    const opened = await openMessages(answer);
    if ('problem' in opened) return opened;
    const { pass } = session.membership;
    if (answer.entry.keys === session.keys && answer.entry.pass !== pass && loggedPass !== pass) {
      loggedPass = pass;
      log('the newer pass is refused, and the one before is used');
    }
    await orLogged(() => session.admit(answer.entry, opened.admission));
    return opened.messages;
  }

  async function keyEnded(): Promise<void> {
    if (isEnded) return;
    isEnded = true;
    log("the device's key has ended: the client was revoked or offboarded, or has joined elsewhere", {
      client: session.membership.client,
      whatToDo: 'ask an operator for a new join token, and run agent join with --again; this agent then continues',
    });
    await session
      .yield()
      .catch((error: unknown) => log('the folder could not be released', { reason: reasonOf(error) }));
  }

  async function goOn(): Promise<void> {
    isTimeKnown = true;
    await orLogged(async () => {
      if (isEnded) await session.reclaim();
      isEnded = false;
    });
  }

  async function orLogged(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log('the membership could not be stored', { reason: reasonOf(error) });
    }
  }

  /** Waits until another process has joined again in this folder, or it is time to ask with the old key. */
  async function untilNewMembership(signal: AbortSignal): Promise<void> {
    for (let waited = 0; waited < ENDED_PAUSE && !signal.aborted; waited += LOOK) {
      if (await isReplaced()) {
        isEnded = false;
        log('the device has joined again', { client: session.membership.client });
        return;
      }
      await pause(clock, LOOK, signal);
    }
  }

  /**
   * A failure may be that of a join in progress, whose end the next look finds. Any other needs an operator. None ends
   * the wait, at whose end the old key is tried.
   */
  async function isReplaced(): Promise<boolean> {
    try {
      const found = await session.lookForReplacement();
      loggedReason = undefined;
      wasInUse = false;
      return found;
    } catch (error) {
      // A join that has just stored the membership still has the folder.
      const isJoining = error instanceof FolderInUse && !wasInUse;
      wasInUse = error instanceof FolderInUse;
      if (isJoining) return false;
      const reason = reasonOf(error);
      if (loggedReason !== reason) log('no new membership can be read', { reason });
      loggedReason = reason;
      return false;
    }
  }

  return {
    membership: session.membership,
    secrets: sealedSecretReader({
      ask: (path, signal) => session.send(requests, { method: 'GET', path, limit: SEALED_LIMIT }, signal),
      owner: () => session.membership,
    }),
    ask,
    read,
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
  const { membership, keys } = await openMembership(path);
  const requests = new DeviceRequests({ url: membership.url, timeout, clock });
  return sealedSecretReader({
    ask: (target, signal) =>
      sendAs({ membership, keys }, requests, { method: 'GET', path: target, limit: SEALED_LIMIT }, signal),
    owner: () => membership,
  });
}
