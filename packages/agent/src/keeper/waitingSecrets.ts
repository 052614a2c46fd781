import type { CredentialPromoted } from '@connected-registry/protocol/messages/pullCheckMessages';
import { MAX_SECRETS } from '../consumers/ledger.js';
import { MAX_PROMOTIONS } from './keptSecret.js';

/** A secret that has no place yet. */
export interface WaitingSecret {
  readonly name: string;
  /** True if a setting or a consumer's own record names it. */
  readonly isProven: boolean;
  /** The newest is last. */
  readonly promotions: readonly CredentialPromoted[];
}

/** Secrets that found no place, in case one becomes free: the secrets that have one may turn out to be invalid. */
export class WaitingSecrets {
  readonly #waiting = new Map<string, WaitingSecret>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Adds a secret, or promotions of one that waits. Messages alone add a limited number of secrets. */
  add({ name, isProven, promotions }: WaitingSecret): void {
    const before = this.#waiting.get(name);
    if (!before && !isProven && this.#waiting.size >= MAX_SECRETS) return;
    this.#waiting.set(name, {
      name,
      isProven: isProven || (before?.isProven ?? false),
      promotions: [...(before?.promotions ?? []), ...promotions].slice(-MAX_PROMOTIONS),
    });
  }

  /** Removes and returns the oldest, proven ones first. */
  takeNext(): WaitingSecret | undefined {
    const all = [...this.#waiting.values()];
    const next = all.find(({ isProven }) => isProven) ?? all[0];
    if (next) this.#waiting.delete(next.name);
    return next;
  }
}
