import { z } from 'zod';
import { verifyAnswer } from '@connected-registry/protocol/enrolment/authenticAnswers';
import { signHubKeys } from '@connected-registry/protocol/enrolment/hubKeys';
import type { HubPlace } from '@connected-registry/protocol/enrolment/hubKeys';
import { DEVICE_MESSAGES_PATH, sealedMessages } from '@connected-registry/protocol/enrolment/messages';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { asPullFailure, PullFailure } from '../../pullFailure.js';
import type { AgentClock } from '../../agentClock.js';
import { MESSAGES_LIMIT } from '../../channels/asking.js';
import type { ClockSkew } from '../../clockSkew.js';
import type { Log } from '../../log.js';
import type { SecretReader } from '../../secrets/vault.js';
import { DeviceRequests } from '../deviceRequests.js';
import { NotOpened, openAnswer, openSealed } from '../openSealed.js';
import { openSecret, SEALED_LIMIT, sealedSecretReader } from '../sealedSecrets.js';
import { DeliveredSecrets } from './deliveredSecrets.js';
import { readHubState, takeHubKeys, writeHubState } from './hubState.js';
import type { HeldHubKeys, HubAdmission, HubState } from './hubState.js';

export interface HubDeviceOptions {
  /** The folder with the device's keys, which is made if it does not exist. */
  readonly folder: string;
  /** The app's address, an origin. */
  readonly url: string;
  readonly place: HubPlace;
  /** Maximum milliseconds to wait for an answer of the app. */
  readonly timeout: number;
  readonly clock: AgentClock;
  readonly skew: ClockSkew;
  readonly log: Log;
}

/** What came by the hub: a sealed message, perhaps with the secret that it names. */
export interface SealedPayload {
  readonly message: string;
  readonly secret?: string | undefined;
}

/** The messages; or why they are not used, as text for the log. `lasting`: the same will not be used later either. */
export type Opening =
  { readonly messages: readonly unknown[] } | { readonly problem: string; readonly lasting: boolean };

/** A device with keys for which its hub vouches, while its agent runs. */
export interface HubDevice {
  /** The public keys as they are to be in the reported properties. */
  readonly reportedKeys: string;
  /** Opens what came by the hub, if the app has made it for this device. */
  open(payload: SealedPayload): Promise<Opening>;
  readonly secrets: SecretReader;
  /** Name of the client's main secret, if the device knows its client already. */
  readonly known: readonly string[];
  health(): { client: string; thumbprint: string };
  close(): Promise<void>;
}

const envelope = z.object({ content: z.unknown() });

/**
 * Opens the device's keys, and makes them if there are none.
 * @throws JoinFolderFailure
 */
export async function openHubDevice(options: HubDeviceOptions): Promise<HubDevice> {
  const held = await takeHubKeys(options.folder);
  const { signing: publicKey, sealing } = held.keys.publicKeys;
  const reportedKeys = await signHubKeys(options.place, sealing, { publicKey, sign: held.keys.sign });
  return new RunningHubDevice(held, reportedKeys, options);
}

class RunningHubDevice implements HubDevice {
  readonly secrets: SecretReader;
  readonly known: readonly string[];
  #state: HubState;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #delivered = new DeliveredSecrets();
  readonly #requests: DeviceRequests;
  /** Ends requests when the agent stops. */
  readonly #stopping = new AbortController();

  constructor(
    private readonly held: HeldHubKeys,
    readonly reportedKeys: string,
    private readonly options: HubDeviceOptions,
  ) {
    this.#state = held.state;
    this.#requests = new DeviceRequests(options);
    const { admission } = held.state;
    this.known = admission ? [mainSecretName(admission)] : [];
    this.secrets = this.#delivered.before({
      read: (name, version, signal) => {
        const { admission: current } = this.#state;
        if (!current) throw new PullFailure('secret-unavailable', 'the app has not used the keys of the device yet');
        return requestedSecrets(this.#requests, held, current).read(name, version, signal);
      },
    });
  }

  /** One after another, so that each message of the app is confirmed and stored once. */
  open(payload: SealedPayload): Promise<Opening> {
    const opening = this.#turn.then(() => this.#open(payload));
    this.#turn = opening.catch(() => undefined);
    return opening;
  }

  health() {
    return { client: this.options.place.device, thumbprint: this.#state.thumbprint };
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#turn;
    await this.held.lock.release();
  }

  async #open({ message, secret }: SealedPayload): Promise<Opening> {
    const { keys } = this.held;
    let jws: string;
    try {
      jws = await openSealed(message, keys);
    } catch (error) {
      // The app may have read the keys before these: it reads them again.
      if (error instanceof NotOpened) return { problem: error.message, lasting: false };
      throw error;
    }
    const [, payload = ''] = jws.split('.');
    const claimed = envelope.safeParse(parseJson(Buffer.from(payload, 'base64url').toString('utf8'))).data;
    const parsed = sealedMessages.safeParse(claimed?.content);
    if (!parsed.success || !parsed.data.admission) {
      return { problem: 'what was sealed is not a message of the app', lasting: true };
    }
    const { registry, connectedRegistry, client, messages, admission } = parsed.data;
    if (client !== this.options.place.device) return { problem: 'it is for another client', lasting: true };
    const known = this.#state.admission?.pass === admission.pass ? this.#state.admission : undefined;
    const { channelKey } = known ?? admission;
    if (!(await verifyAnswer(jws, this.#scope('messages'), channelKey))) {
      return { problem: 'it was not signed by the app for these keys', lasting: true };
    }
    if (!known) {
      const problem = await this.#admit({ registry, connectedRegistry, client, ...admission });
      if (problem !== undefined) return { problem, lasting: false };
    }
    if (secret !== undefined) await this.#keep(secret, { channelKey, client, connectedRegistry });
    return { messages };
  }

  /**
   * Whoever can call methods of the device knows its public keys, and can seal to them. So the app is asked at its own
   * address whether it has said so: it lets nobody in with a pass that it has not made.
   * @returns why it is not so, as far as known
   */
  async #admit(admission: HubAdmission): Promise<string | undefined> {
    const { keys, lock, folder } = this.held;
    const { pass, channelKey } = admission;
    const request = { method: 'GET', path: `${DEVICE_MESSAGES_PATH}?wait=0`, limit: MESSAGES_LIMIT } as const;
    const answer = await this.#requests.send(request, { pass, keys }, this.#stopping.signal);
    const isConfirmed =
      answer.status === 204 ||
      (answer.status === 200 && (await isOpened(openAnswer(answer, 'messages', { keys, channelKey }))));
    if (!isConfirmed) return `the app has not confirmed it (${answer.status ?? answer.text})`;
    if (!(await lock.isHeld())) return `${folder.path} is not held by this process`;
    const state = { thumbprint: this.#state.thumbprint, admission };
    await writeHubState(folder, state);
    this.#state = state;
    this.options.log('the app has used the keys of the device', {
      client: admission.client,
      connectedRegistry: admission.connectedRegistry,
    });
    return undefined;
  }

  /** A secret that cannot be opened is asked for instead. */
  async #keep(
    sealed: string,
    { channelKey, ...owner }: Pick<HubAdmission, 'channelKey' | 'client' | 'connectedRegistry'>,
  ): Promise<void> {
    const { nonce } = this.#scope('secret');
    const answer = { text: JSON.stringify({ sealed }), nonce };
    try {
      this.#delivered.keep(await openSecret(answer, { keys: this.held.keys, channelKey }, owner));
    } catch (error) {
      this.options.log('secret of a message refused', { reason: asPullFailure(error).message });
    }
  }

  /** What comes by the hub answers no request: it is for these keys, whenever it arrives. */
  #scope<Kind extends 'messages' | 'secret'>(kind: Kind) {
    return { kind, nonce: this.#state.thumbprint };
  }
}

async function isOpened(opening: Promise<unknown>): Promise<boolean> {
  try {
    await opening;
    return true;
  } catch (error) {
    if (error instanceof NotOpened) return false;
    throw error;
  }
}

/** Secrets that the device asks the app for, signed. */
function requestedSecrets(
  requests: DeviceRequests,
  { keys }: Pick<HeldHubKeys, 'keys'>,
  admission: HubAdmission,
): SecretReader {
  const { pass, channelKey } = admission;
  return sealedSecretReader({
    ask: async (path, signal) => {
      const answer = await requests.send({ method: 'GET', path, limit: SEALED_LIMIT }, { pass, keys }, signal);
      return { ...answer, entry: { pass, channelKey, keys } };
    },
    owner: () => admission,
  });
}

/**
 * The secrets of a device of a hub, for one check beside an agent that may be running: the folder is only read.
 * @throws JoinFolderFailure if the app has not used the device's keys yet
 */
export async function hubSecrets(
  { folder, url, timeout }: Pick<HubDeviceOptions, 'folder' | 'url' | 'timeout'>,
  clock: AgentClock,
): Promise<SecretReader> {
  const { keys, admission } = await readHubState(folder);
  return requestedSecrets(new DeviceRequests({ url, timeout, clock }), { keys }, admission);
}
