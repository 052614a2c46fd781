import { setMaxListeners } from 'node:events';
import type { CredentialPromoted } from '@connected-registry/protocol/messages/pullCheckMessages';
import { pause } from '../agentClock.js';
import type { Consumer } from '../consumers/consumer.js';
import { MAX_SECRETS } from '../consumers/ledger.js';
import { HangingWork } from './hangingWork.js';
import { FIRST_RETRY, KeptSecret, LONGEST_RETRY, reasonOf } from './keptSecret.js';
import type { SecretKeeper, SecretKeepingOptions } from './keptSecret.js';
import { growingPauses } from '../pauses.js';
import { WaitingSecrets } from './waitingSecrets.js';

export interface KeeperOptions extends SecretKeepingOptions {
  /** Names of the main secrets to keep. If any are listed, promotions add no others. */
  listed: readonly string[];
  /** Names of main secrets to keep from the start, beside others. */
  known: readonly string[];
}

/** Keeps the credentials of container engines equal to the main secrets. */
export class Keeper implements SecretKeeper {
  readonly #kept = new Map<string, KeptSecret>();
  readonly #waiting = new WaitingSecrets();
  readonly #open = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #listed: ReadonlySet<string>;
  readonly hanging = new HangingWork();
  readonly signal: AbortSignal = this.#stopping.signal;

  constructor(private readonly options: KeeperOptions) {
    this.#listed = new Set(options.listed.map((name) => name.toLowerCase()));
    // Each open piece of work listens to this signal. Their number is bounded.
    setMaxListeners(0, this.signal);
  }

  /** Starts with the listed secrets and those that the consumers remember. */
  start(): void {
    const { consumers, listed, known } = this.options;
    if (consumers.length === 0) return;
    for (const name of [...listed, ...known]) this.#refresh(name, true, []);
    for (const consumer of consumers) void this.track(this.#recall(consumer));
  }

  promoted(promotion: CredentialPromoted): void {
    const { consumers, log } = this.options;
    const { name } = promotion.secret;
    if (consumers.length === 0) return;
    if (!this.#admits(name)) return log('secret not kept', { secret: name, reason: 'SECRETS lists others' });
    this.#refresh(name, false, [promotion]);
  }

  /** `secretsHanging`: secrets whose read or write was abandoned and has not ended; present if there are any. */
  health(): { secretsKept: number; secretsFailing: number; acknowledgementsOpen: number; secretsHanging?: number } {
    const all = [...this.#kept.values()];
    return {
      secretsKept: all.filter(({ isWritten }) => isWritten).length,
      secretsFailing: all.filter(({ isFailing }) => isFailing).length,
      ...(this.hanging.count > 0 && { secretsHanging: this.hanging.count }),
      acknowledgementsOpen: all.filter(({ isAcknowledging }) => isAcknowledging).length,
    };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const secret of this.#kept.values()) secret.stop();
    await Promise.allSettled(this.#open);
  }

  track(work: Promise<void>): Promise<void> {
    this.#open.add(work);
    void work.finally(() => this.#open.delete(work));
    return work;
  }

  drop(secret: KeptSecret): void {
    this.#remove(secret, 'it cannot be read');
    this.#serveWaiting();
  }

  yieldPlace(): void {
    this.#serveWaiting();
  }

  /** Refreshes a secret, which is kept from now on if there is a place for it, and otherwise waits for one. */
  #refresh(given: string, isProven: boolean, promotions: readonly CredentialPromoted[]): void {
    // Names in a vault ignore case.
    const name = given.toLowerCase();
    // Those that wait come first, and one of them may be this one.
    this.#serveWaiting();
    const known = this.#kept.get(name);
    if (known) {
      if (isProven) known.prove();
      return known.refresh(promotions);
    }
    this.#waiting.add({ name, isProven, promotions });
    this.#serveWaiting();
    if (this.#kept.has(name)) return;
    this.options.log('secret not kept', { secret: name, reason: `the maximum of ${MAX_SECRETS} is reached` });
  }

  /** Gives the places that are free, or that can be made free, to the secrets that wait. */
  #serveWaiting(): void {
    while (!this.#waiting.isEmpty && this.#hasPlace()) {
      const next = this.#waiting.takeNext();
      if (!next) return;
      const fresh = new KeptSecret(next.name, next.isProven, this.options, this);
      this.#kept.set(next.name, fresh);
      fresh.refresh(next.promotions);
    }
  }

  /** Whether a place is free. Replaces a secret that fails and that only a message has named, if there is one. */
  #hasPlace(): boolean {
    if (this.#kept.size < MAX_SECRETS) return true;
    const replaceable = [...this.#kept.values()].find((one) => !one.isProven && one.isFailing);
    if (replaceable) this.#remove(replaceable, 'other secrets were named since');
    return replaceable !== undefined;
  }

  /** Removes a secret that only a message has named. */
  #remove(secret: KeptSecret, reason: string): void {
    secret.drop();
    this.#kept.delete(secret.name);
    this.options.log('secret not kept', { secret: secret.name, reason });
  }

  /**
   * Retries until the consumer answers: its earlier credentials must not be forgotten because a cluster is starting.
   */
  async #recall(consumer: Consumer): Promise<void> {
    const { clock, log } = this.options;
    const pauses = growingPauses(FIRST_RETRY, LONGEST_RETRY);
    while (!this.signal.aborted) {
      try {
        for (const name of await consumer.remembered(this.signal))
          if (this.#admits(name) && !this.#kept.has(name.toLowerCase())) this.#refresh(name, true, []);
        return;
      } catch (error) {
        if (!this.signal.aborted) log('consumer not read', { consumer: consumer.name, reason: reasonOf(error) });
      }
      await pause(clock, pauses.next(), this.signal);
    }
  }

  #admits(name: string): boolean {
    return this.#listed.size === 0 || this.#listed.has(name.toLowerCase());
  }
}
