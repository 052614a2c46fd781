import { emitSecretEvent, NEAR_EXPIRY, type SecretEventType } from '../eventgrid/systemEvents.js';
import type { Plane } from '../plane.js';
import { newest } from './vaultState.js';

/**
 * Tells of the newest versions of secrets as they near their expiry and reach it, once each (Azure docs: event-grid
 * event-schema-key-vault). A version that is made with less than 30 days to go is told of at once.
 */
export class ExpiryWatch {
  #timer: { cancel(): void } | undefined;

  constructor(readonly plane: Plane) {}

  /** Looks now, and again when the next event is due. To be called after every change of a secret. */
  look(): void {
    this.#timer?.cancel();
    const now = this.plane.clock.now().getTime() / 1000;
    let next = Infinity;
    for (const secret of this.plane.vault.secrets.values()) {
      const version = newest(secret);
      if (!version.enabled || version.expires === undefined) continue;
      const moments: [SecretEventType, number][] = [
        ['Microsoft.KeyVault.SecretNearExpiry', version.expires - NEAR_EXPIRY],
        ['Microsoft.KeyVault.SecretExpired', version.expires],
      ];
      for (const [type, at] of moments) {
        const told = version.told ?? [];
        if (told.includes(type)) continue;
        if (at > now) next = Math.min(next, at);
        else {
          version.told = [...told, type];
          this.plane.vaultFile.changed();
          void emitSecretEvent(this.plane, type, secret.name, version);
        }
      }
    }
    if (next < Infinity) this.#timer = this.plane.clock.setTimer(new Date(next * 1000), () => this.look());
  }

  close(): void {
    this.#timer?.cancel();
  }
}
