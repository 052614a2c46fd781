/** A keeper over a vault, a consumer and a clock that the test controls. */
import { setImmediate as turn } from 'node:timers/promises';
import { ConsumerFailure } from '../../src/consumers/consumer.js';
import type { Consumer, Delivery } from '../../src/consumers/consumer.js';
import { Keeper } from '../../src/keeper/keeper.js';
import type { KeeperOptions } from '../../src/keeper/keeper.js';
import { PullFailure } from '../../src/pullFailure.js';
import type { Sent } from '../../src/reporter.js';
import { SecretMissing, type SecretValue } from '../../src/secrets/vault.js';
import type { Tags } from '@connected-registry/protocol/names/secretTags';
import { dockerConfig } from '@connected-registry/protocol/names/dockerConfig';
import { credentialPromoted } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { CredentialPromoted } from '@connected-registry/protocol/messages/pullCheckMessages';
import { ManualClock } from '../../../../test/shared/manualClock.js';
import { promotion as promotionData } from '../under-test/agentUnderTest.js';

export const HOUR = 3600;

export class KeeperUnderTest {
  /** Versions by name, the newest last. */
  readonly vault = new Map<string, { version: string; createdOn: Date; password: string; tags?: Tags }[]>();
  /** The vault answers a read of the newest version with the one before it. */
  isStale = false;
  /** Every read of the vault, as `name/version`. */
  readonly reads: string[] = [];
  /** Every delivery that the consumer accepted. */
  readonly written: Delivery[] = [];
  /** Why the consumer refuses deliveries; undefined if it accepts them. */
  consumerFailure: string | undefined;
  /** Names of the secrets that the consumer remembers from an earlier run. */
  remembered: () => Promise<string[]> = () => Promise.resolve([]);
  readonly acknowledged: { operation: string; version: string; signal: AbortSignal }[] = [];
  /** How an acknowledgement ends. */
  acknowledgement: (signal: AbortSignal) => Promise<Sent> = () =>
    Promise.resolve({ end: 'accepted', tries: 1, last: '202' });
  /** Versions of which the keeper reported that its consumers have them. */
  readonly delivered: string[] = [];
  readonly log: string[] = [];
  readonly clock = new ManualClock();

  readonly consumer: Consumer = {
    name: 'the engine',
    remembered: () => this.remembered(),
    write: (delivery) => {
      if (this.consumerFailure !== undefined) return Promise.reject(new ConsumerFailure(this.consumerFailure));
      const isSame = this.written.at(-1)?.credentials.password === delivery.credentials.password;
      this.written.push(delivery);
      return Promise.resolve(isSame ? 'unchanged' : 'written');
    },
  };

  keeper: Keeper = this.#create({});

  /** Replaces the keeper by one with other options. */
  configure(changes: Partial<KeeperOptions>): void {
    this.keeper = this.#create(changes);
  }

  #create(changes: Partial<KeeperOptions>): Keeper {
    return new Keeper({
      secrets: { read: (name, version) => this.#read(name, version) },
      consumers: [this.consumer],
      listed: [],
      known: [],
      refresh: 6 * HOUR * 1_000,
      acknowledge: (promotion, version, signal) => {
        this.acknowledged.push({ operation: promotion.operation, version, signal });
        return this.acknowledgement(signal);
      },
      clock: this.clock,
      log: (message, facts) => void this.log.push(JSON.stringify({ message, ...facts })),
      delivered: (_promotion, version) => void this.delivered.push(version),
      ...changes,
    });
  }

  #read(name: string, version: string | undefined): Promise<SecretValue> {
    this.reads.push(`${name}/${version ?? 'newest'}`);
    const all = this.vault.get(name) ?? [];
    if (all.length === 0 && name.startsWith('bogus')) return Promise.reject(new SecretMissing());
    const found = version === undefined ? all.at(this.isStale ? -2 : -1) : all.find((one) => one.version === version);
    if (!found) return Promise.reject(new PullFailure('secret-unavailable', 'no (403)'));
    return Promise.resolve({ name, ...found, value: dockerConfig('edge:8000', 'token', found.password) });
  }

  /** Saves a version of a secret; `v2` is newer than `v1`. */
  save(version: string, password: string, name = 'device-1', tags?: Tags): void {
    const createdOn = new Date(Date.UTC(2030, 0, 1) + Number(version.slice(1)) * 1_000);
    this.vault.set(name, [...(this.vault.get(name) ?? []), { version, createdOn, password, ...(tags && { tags }) }]);
  }

  /** Lets everything happen that needs no time to pass. */
  async untilIdle(): Promise<void> {
    for (let round = 0; round < 20; round += 1) await turn();
  }

  /** Moves the clock on, and lets everything happen that is due. */
  async advance(seconds: number): Promise<void> {
    this.clock.advance(seconds);
    await this.untilIdle();
  }

  /** Passwords that the consumer received, in order. */
  passwords(): string[] {
    return this.written.map(({ credentials }) => credentials.password);
  }

  /** Acknowledgements stay open until the keeper aborts them. */
  keepAcknowledgementsOpen(): void {
    this.acknowledgement = (signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ end: 'stopped', tries: 1, last: '503' }));
      });
  }
}

/** The message that version `version` of the secret was promoted. */
export function promotion(version: string, changes: Record<string, unknown> = {}): CredentialPromoted {
  const key = { keyId: 'k1', reportKey: 'key-of-the-report', expiresAt: '2031-01-01T00:00:00Z' };
  return credentialPromoted.parse(promotionData({ secret: { name: 'device-1', version }, ...key, ...changes }));
}
