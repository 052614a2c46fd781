import { fromEnvelope } from '@connected-registry/protocol/enrolment/authenticAnswers';
import { joinCredential, openAsJoiner, splitJoinToken } from '@connected-registry/protocol/enrolment/joinToken';
import type { JoinTokenParts } from '@connected-registry/protocol/enrolment/joinToken';
import {
  DEVICE_MESSAGES_PATH,
  joinedAnswer,
  REDEEM_PATH,
  sealedAnswer,
} from '@connected-registry/protocol/enrolment/messages';
import type { JoinedAnswer } from '@connected-registry/protocol/enrolment/messages';
import { thumbprintOf } from '@connected-registry/protocol/enrolment/deviceKeys';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { pause } from '../agentClock.js';
import type { AgentClock } from '../agentClock.js';
import { MESSAGES_LIMIT } from '../channels/asking.js';
import type { Log } from '../log.js';
import { growingPauses, retryAfter, serverTime } from '../pauses.js';
import { problemCodeOf } from './deviceRequests.js';
import type { DeviceAnswer, DeviceRequests } from './deviceRequests.js';
import { JoinFolderFailure } from './folder/joinFolder.js';
import type { JoinFolder } from './folder/joinFolder.js';
import { JoinFailure, JoinRefused, NO_TOKEN, refusalOf } from './joinFailures.js';
import type { DeviceKeyStore, DeviceKeyStores, KeyType } from './keys/deviceKeyStore.js';
import {
  digestOf,
  readMembership,
  readUnfinishedJoin,
  removeUnfinishedJoin,
  writeMembership,
  writeUnfinishedJoin,
} from './membership.js';
import type { Membership } from './membership.js';
import { NotOpened, openAnswer } from './openSealed.js';

export interface JoinOrder {
  readonly token: string;
  /** The app's address, an origin. */
  readonly url: string;
  /** Type of new keys. */
  readonly keyType: KeyType;
  /** Whether another membership may be replaced. */
  readonly again: boolean;
}

export interface JoinPorts {
  /** Held by this process. */
  readonly folder: JoinFolder;
  readonly keys: DeviceKeyStores;
  readonly requests: DeviceRequests;
  readonly clock: AgentClock;
  readonly log: Log;
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
/** Total of pauses, in milliseconds, before a join without an answer is given up. */
const PATIENCE = 600_000;
/**
 * Requests whose signature is not accepted, before that is final: a front end may send a request twice, and the device
 * gets the answer to the second one.
 */
const SIGNATURES = 5;
/** Maximum bytes of an answer. */
const ANSWER_LIMIT = 8_192;

/**
 * Joins as the client of a join token. The keys are on disk before the app hears of them, so that the same join can be
 * repeated with the same keys whatever is lost or killed; the app answers a repetition as it did the first time.
 *
 * @returns the membership, which is on disk
 * @throws JoinRefused if the app refuses, JoinFailure if it does not answer or another membership is in the way, and
 * JoinFolderFailure
 */
export async function joinDevice(order: JoinOrder, ports: JoinPorts, signal: AbortSignal): Promise<Membership> {
  const { folder, keys: stores } = ports;
  seenSecrets.remember(order.token);
  const parts = splitJoinToken(order.token);
  if (!parts) throw new JoinRefused(NO_TOKEN);
  seenSecrets.remember(parts.secret);
  const token = digestOf(order.token);
  const before = await readMembership(folder);
  const isRepeated = before?.joinedWith.token === token;
  if (isRepeated && before.thumbprint !== before.joinedWith.thumbprint) return confirmed(before, order, ports, signal);

  const keys = isRepeated
    ? await existing(stores, before.thumbprint, folder)
    : await keysOfJoin(token, before, order, ports);
  const thumbprint = await thumbprintOf(keys.publicKeys.signing);
  if (!isRepeated) await writeUnfinishedJoin(folder, { token, thumbprint });
  const { registry, connectedRegistry, client, pass, channelKey } = await redeemed(
    keys,
    thumbprint,
    parts,
    ports,
    signal,
  );
  const membership: Membership = {
    url: order.url,
    registry,
    connectedRegistry,
    client,
    thumbprint,
    keysSince: isRepeated ? before.keysSince : ports.requests.now().toISOString(),
    pass,
    channelKey,
    joinedWith: { token, thumbprint },
    ...(isRepeated && before.renewal && { renewal: before.renewal }),
  };
  // This is the instant at which the device has joined. What follows is tidied by the next process if this one is
  // killed.
  await writeMembership(folder, membership);
  await removeUnfinishedJoin(folder);
  await stores.keepOnly([thumbprint, ...(membership.renewal ? [membership.renewal.thumbprint] : [])]);
  return membership;
}

/** The keys of an unfinished join, or new ones. */
async function keysOfJoin(
  token: string,
  before: Membership | undefined,
  { again, keyType }: JoinOrder,
  { folder, keys: stores }: JoinPorts,
): Promise<DeviceKeyStore> {
  const unfinished = await readUnfinishedJoin(folder);
  const isContinued = unfinished?.token === token;
  if (before && !again && !isContinued) {
    throw new JoinFailure(
      `${folder.path} already holds a membership with another join token. Say --again to replace it, for instance after the device was revoked.`,
    );
  }
  // The app may already have the keys of this token's join, and then accepts no others. Keys of another token's join
  // are not used: whoever has that token may have read the channel key that authenticates answers to these keys.
  const found = isContinued ? await stores.find(unfinished.thumbprint) : undefined;
  return found ?? stores.create(keyType);
}

async function existing(stores: DeviceKeyStores, thumbprint: string, { path }: JoinFolder): Promise<DeviceKeyStore> {
  const found = await stores.find(thumbprint);
  if (found) return found;
  throw new JoinFolderFailure(
    `${path} has lost the keys of its membership. Ask for a new join token, and join with it and --again.`,
  );
}

/** @throws the error, unless it is a {@link NotOpened} */
function orUndefined(error: unknown): undefined {
  if (error instanceof NotOpened) return undefined;
  throw error;
}

async function redeemed(
  keys: DeviceKeyStore,
  thumbprint: string,
  parts: JoinTokenParts,
  { requests, ...ports }: JoinPorts,
  signal: AbortSignal,
): Promise<JoinedAnswer> {
  const { signing, sealing } = keys.publicKeys;
  const body = { signingKey: signing, sealingKey: sealing };
  const request = { method: 'POST', path: REDEEM_PATH, body, limit: ANSWER_LIMIT } as const;
  return answered(
    () => requests.send(request, { pass: joinCredential(parts, sealing), keys }, signal),
    ports,
    signal,
    async (answer) => {
      const found = await joinedIn(answer, parts);
      return found?.thumbprint === thumbprint ? found : undefined;
    },
  );
}

/** @returns undefined unless the answer is to this request, and its sender has the secret of the join token */
async function joinedIn({ text, nonce }: DeviceAnswer, { secret }: JoinTokenParts): Promise<JoinedAnswer | undefined> {
  const answer = sealedAnswer.safeParse(parseJson(text));
  if (!answer.success) return undefined;
  const opened = await openAsJoiner(answer.data.sealed, secret).catch(() => undefined);
  const found = opened === undefined ? undefined : fromEnvelope(opened, { kind: 'join', nonce });
  return joinedAnswer.safeParse(found?.content).data;
}

/**
 * Confirms an earlier join whose keys were renewed since. To the app, the join token belongs to the keys that used it,
 * not to the current ones, so the membership's pass is sent instead of the token.
 */
async function confirmed(
  before: Membership,
  { url }: JoinOrder,
  { requests, folder, keys: stores, ...ports }: JoinPorts,
  signal: AbortSignal,
): Promise<Membership> {
  const keys = await existing(stores, before.thumbprint, folder);
  const request = { method: 'GET', path: `${DEVICE_MESSAGES_PATH}?wait=0`, limit: MESSAGES_LIMIT } as const;
  const ask = () => requests.send(request, { pass: before.pass, keys }, signal);
  await answered(ask, { ...ports }, signal, async (answer) => {
    // Without messages there is nothing to open. The membership stays as it is in either case.
    if (answer.status === 204) return true;
    const opened = openAnswer(answer, 'messages', { keys, channelKey: before.channelKey });
    return opened.then(() => true).catch(orUndefined);
  });
  const membership = { ...before, url };
  await writeMembership(folder, membership);
  return membership;
}

/**
 * Asks until there is a good answer.
 * @param read reads an answer with 200 or 204; undefined for one that is not the app's
 * @throws JoinRefused, JoinFailure
 */
async function answered<T>(
  ask: () => Promise<DeviceAnswer>,
  { clock, log }: Pick<JoinPorts, 'clock' | 'log'>,
  signal: AbortSignal,
  read: (answer: DeviceAnswer) => Promise<T | undefined>,
): Promise<T> {
  const pauses = growingPauses(FIRST_PAUSE, LONGEST_PAUSE);
  let patience = PATIENCE;
  let loggedReason: string | undefined;
  for (let unsigned = 0; ;) {
    const answer = await ask();
    const { status } = answer;
    const found = status === 200 || status === 204 ? await read(answer) : undefined;
    if (found !== undefined) return found;
    const refusal = refusalOf(status, problemCodeOf(answer));
    const isUnsigned = status === 401 && problemCodeOf(answer) === 'device-signature';
    if (isUnsigned) unsigned += 1;
    if (refusal !== undefined && !(isUnsigned && unsigned < SIGNATURES)) throw new JoinRefused(refusal);
    const reason = reasonOf(answer);
    if (signal.aborted || patience <= 0) {
      throw new JoinFailure(
        `The app has not answered (last: ${reason}). The device's keys are kept: run the same command again.`,
      );
    }
    if (loggedReason !== reason) log('the app has not answered yet', { reason });
    loggedReason = reason;
    const wanted = retryAfter(answer.retryAfter, serverTime(answer.date) ?? clock.now()) ?? pauses.next();
    const wait = Math.min(wanted, LONGEST_PAUSE, patience);
    patience -= wait;
    await pause(clock, wait, signal);
  }
}

function reasonOf({ status, text }: DeviceAnswer): string {
  if (status === undefined) return text;
  return status === 200 ? 'an answer that is not the app’s' : String(status);
}
