import { thumbprintOf } from '@connected-registry/protocol/enrolment/deviceKeys';
import type { Admission } from '@connected-registry/protocol/enrolment/messages';
import type { AppAnswer } from '../channels/appAnswer.js';
import type { Log } from '../log.js';
import { problemCodeOf } from './deviceRequests.js';
import type { DeviceAnswer, DeviceRequest, DeviceRequests } from './deviceRequests.js';
import { takeFolder } from './folder/folderLock.js';
import type { FolderLock } from './folder/folderLock.js';
import { JoinFolderFailure, openJoinFolder } from './folder/joinFolder.js';
import type { JoinFolder } from './folder/joinFolder.js';
import type { DeviceKeyStore, DeviceKeyStores } from './keys/deviceKeyStore.js';
import { keyFiles } from './keys/keyFiles.js';
import { nameOf, readMembership, readUnfinishedJoin, removeUnfinishedJoin, writeMembership } from './membership.js';
import type { Membership } from './membership.js';

/** The membership and its keys, at one instant. */
export interface UsableMembership {
  readonly membership: Membership;
  readonly keys: DeviceKeyStore;
}

/** What a request goes with: it lets the device in, and tells which answers are the app's. */
export interface Entry extends Admission {
  readonly keys: DeviceKeyStore;
}

/** An answer, and what its request went with. */
export interface EnteredAnswer extends DeviceAnswer {
  readonly entry: Entry;
}

/** Whether an answer says that the device's key is not, or no longer, its client's. */
export function isKeyEnded(answer: AppAnswer): boolean {
  return answer.status === 403 && problemCodeOf(answer) === 'device-key-ended';
}

/**
 * Opens the membership in a folder.
 * @throws JoinFolderFailure if there is none that can be used
 */
export async function openMembership(path: string): Promise<UsableMembership & { folder: JoinFolder }> {
  const folder = await openJoinFolder(path);
  const found = folder && (await usableIn(folder, keyFiles(folder)));
  if (folder && found) return { folder, ...found };
  throw new JoinFolderFailure(`${path} holds no membership: join first (agent join --token-file F --url U).`);
}

/**
 * Sends a request with what lets the device in; and if it is refused, with what let it in before. Nobody has signed a
 * refusal, so it changes nothing on disk.
 */
export async function sendAs(
  { membership: { pass, channelKey, previous }, keys }: UsableMembership,
  requests: DeviceRequests,
  request: DeviceRequest,
  signal: AbortSignal,
): Promise<EnteredAnswer> {
  const entry = { pass, channelKey, keys };
  const answer = { ...(await requests.send(request, entry, signal)), entry };
  if (!previous || !isRefusal(answer)) return answer;
  const before = { ...previous, keys };
  const second = { ...(await requests.send(request, before, signal)), entry: before };
  return isRefusal(second) || second.status === undefined ? answer : second;
}

function isRefusal(answer: AppAnswer): boolean {
  return answer.status === 401 || isKeyEnded(answer);
}

/** @returns undefined if there is no membership */
async function usableIn(folder: JoinFolder, stores: DeviceKeyStores): Promise<UsableMembership | undefined> {
  let last: string | undefined;
  for (;;) {
    const membership = await readMembership(folder);
    if (!membership) return undefined;
    const keys = await stores.find(membership.thumbprint);
    if (keys) return { membership, keys };
    // Another process may just have renewed the keys. Then the membership has others now.
    if (membership.thumbprint === last) {
      throw new JoinFolderFailure(
        `${folder.path} has lost the keys of its membership. Ask for a new join token, and join with it and --again.`,
      );
    }
    last = membership.thumbprint;
  }
}

/**
 * The device's membership while the agent runs: who it is, which keys are current, and the right to change both. One
 * process has that right, except while the device's key has ended: then `agent join --again` may replace the
 * membership.
 */
export class JoinedSession {
  #current: UsableMembership;
  #lock: FolderLock | undefined;
  /** The thumbprint of a membership that cannot be continued with, once it was logged. */
  #loggedThumbprint: string | undefined;
  readonly stores: DeviceKeyStores;

  private constructor(
    readonly folder: JoinFolder,
    current: UsableMembership,
    lock: FolderLock,
    private readonly log: Log,
  ) {
    this.#current = current;
    this.#lock = lock;
    this.stores = keyFiles(folder);
  }

  /**
   * Takes the folder for this process.
   * @throws JoinFolderFailure if there is no membership, or another process has the folder
   */
  static async open(path: string, log: Log): Promise<JoinedSession> {
    const { folder } = await openMembership(path);
    const lock = await takeFolder(path);
    try {
      await tidy(folder);
      return new JoinedSession(folder, await openMembership(path), lock, log);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  get membership(): Membership {
    return this.#current.membership;
  }

  get keys(): DeviceKeyStore {
    return this.#current.keys;
  }

  /** Sends a request with the current keys, and again if they were renewed while it was on its way. */
  async send(requests: DeviceRequests, request: DeviceRequest, signal: AbortSignal): Promise<EnteredAnswer> {
    const { keys } = this;
    const answer = await sendAs(this.#current, requests, request, signal);
    if (!isKeyEnded(answer) || keys === this.keys) return answer;
    return sendAs(this.#current, requests, request, signal);
  }

  /**
   * Keeps what lets the device in from now on, and what did before.
   * @param entry what an authentic answer came for
   * @param fresh what it says lets the device in from now on, if that has changed
   * @throws JoinFolderFailure as {@link change}
   */
  async admit(entry: Entry, fresh: Admission | undefined): Promise<void> {
    // An answer that took its time: the keys were renewed since.
    if (entry.keys !== this.keys) return;
    const { pass, channelKey } = this.membership;
    const admitted = fresh ?? entry;
    if (admitted.pass === pass) return;
    await this.change({
      pass: admitted.pass,
      channelKey: admitted.channelKey,
      previous: { pass, channelKey },
    });
  }

  /**
   * Stores a change of the membership.
   * @param keys the current keys from now on, if they change
   * @throws JoinFolderFailure if it could not be stored, or this process does not have the folder; then nothing has
   * changed
   */
  async change(changes: Partial<Membership>, keys: DeviceKeyStore = this.keys): Promise<void> {
    await this.#requireLock();
    const { renewal, previous, ...others } = { ...this.membership, ...changes };
    const membership = { ...others, ...(previous && { previous }), ...(renewal && { renewal }) };
    await writeMembership(this.folder, membership);
    this.#current = { membership, keys };
  }

  /** Lets other processes change the membership. */
  async yield(): Promise<void> {
    try {
      await this.#lock?.release();
    } finally {
      this.#lock = undefined;
    }
  }

  /**
   * Looks whether another process has replaced the membership, and continues with the new one.
   * @returns whether it was replaced by one of the same client and app
   * @throws JoinFolderFailure if the folder cannot be read or taken, or its membership cannot be used
   */
  async lookForReplacement(): Promise<boolean> {
    const found = await readMembership(this.folder);
    const { thumbprint, url } = this.membership;
    if (!found || found.thumbprint === thumbprint) return false;
    if (nameOf(found) !== nameOf(this.membership) || found.url !== url) {
      if (this.#loggedThumbprint !== found.thumbprint) {
        this.log('the device has joined as another client or at another app: restart the agent', {
          joined: nameOf(found),
        });
      }
      this.#loggedThumbprint = found.thumbprint;
      return false;
    }
    await this.#take(async () => {
      const { membership, keys } = await openMembership(this.folder.path);
      this.#current = { membership, keys };
    });
    return true;
  }

  /**
   * Takes the right to change the membership back.
   * @throws JoinFolderFailure if another process has it, or has replaced the membership
   */
  async reclaim(): Promise<void> {
    await this.#take(async () => {
      const found = await readMembership(this.folder);
      if (found?.thumbprint === this.membership.thumbprint) return;
      throw new JoinFolderFailure(`${this.folder.path} holds another membership now.`);
    });
  }

  /** Keeps the right to change the membership only if `check` succeeds. */
  async #take(check: () => Promise<void>): Promise<void> {
    this.#lock ??= await takeFolder(this.folder.path);
    try {
      await check();
    } catch (error) {
      await this.yield();
      throw error;
    }
  }

  async #requireLock(): Promise<void> {
    if ((await this.#lock?.isHeld()) === true) return;
    throw new JoinFolderFailure(`${this.folder.path} is not held by this process, and is not changed.`);
  }
}

/** Removes what a process left that was killed: temporary files, a join that has ended, and keys that nothing names. */
async function tidy(folder: JoinFolder): Promise<void> {
  await folder.tidy();
  const membership = await readMembership(folder);
  const join = await readUnfinishedJoin(folder);
  if (membership && join?.token === membership.joinedWith.token) await removeUnfinishedJoin(folder);
  const open = await readUnfinishedJoin(folder);
  await keyFiles(folder).keepOnly(
    [membership?.thumbprint, membership?.renewal?.thumbprint, open?.thumbprint].filter((one) => one !== undefined),
  );
}

/** The thumbprint of a pair. */
export function thumbprintOfPair({ publicKeys }: DeviceKeyStore): Promise<string> {
  return thumbprintOf(publicKeys.signing);
}
