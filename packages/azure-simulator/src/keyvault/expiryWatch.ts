import { emitSecretEvent, NEAR_EXPIRY, type SecretEventType } from '../eventgrid/systemEvents.js';
import type { Plane } from '../plane.js';
import { newest, type Secret } from './vaultState.js';

/**
 * Publishes the near-expiry and expiry events of the newest versions of secrets, once each (Azure docs: event-grid
 * event-schema-key-vault). A version that expires in less than 30 days gets its near-expiry event immediately.
 */
export class ExpiryWatch {
  #timer: { cancel(): void } | undefined;
  /** Unix seconds at which the timer runs. */
  #next = Infinity;

  constructor(readonly plane: Plane) {}

  /** Checks one secret that has just changed. */
  changed(secret: Secret): void {
    this.#wakeAt(this.#publishDue(secret));
  }

  /** Checks all secrets now, and again when the next event is due. */
  look(): void {
    this.#next = Infinity;
    let next = Infinity;
    for (const secret of this.plane.vault.secrets.values()) next = Math.min(next, this.#publishDue(secret));
    this.#wakeAt(next);
  }

  close(): void {
    this.#timer?.cancel();
  }

  #wakeAt(next: number): void {
    if (next >= this.#next) return;
    this.#timer?.cancel();
    this.#next = next;
    this.#timer = this.plane.clock.setTimer(new Date(next * 1000), () => this.look());
  }

  /**
   * Publishes the due events of a secret.
   * @returns when its next event is due, in Unix seconds
   */
  #publishDue(secret: Secret): number {
    const version = newest(secret);
    if (!version.enabled || version.expires === undefined) return Infinity;
    const now = this.plane.clock.now().getTime() / 1000;
    const moments: [SecretEventType, number][] = [
      ['Microsoft.KeyVault.SecretNearExpiry', version.expires - NEAR_EXPIRY],
      ['Microsoft.KeyVault.SecretExpired', version.expires],
    ];
    const open = moments.filter(([type]) => !version.published?.includes(type));
    const due = open.filter(([, at]) => at <= now).map(([type]) => type);
    if (due.length > 0) {
      const updated = { ...version, published: [...(version.published ?? []), ...due] };
      this.plane.vault.secrets.set({ name: secret.name, versions: [...secret.versions.slice(0, -1), updated] });
      this.plane.vaultFile.changed();
      for (const type of due) emitSecretEvent(this.plane, type, secret.name, updated);
    }
    return Math.min(Infinity, ...open.filter(([, at]) => at > now).map(([, at]) => at));
  }
}
