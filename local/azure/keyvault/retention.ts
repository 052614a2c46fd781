import type { Plane } from '../plane.js';

/** Deletes for good what has outlived its retention. */
export function purgeOverdue(plane: Plane): void {
  const now = unixSeconds(plane);
  for (const secret of plane.vault.deleted.values()) {
    if (secret.scheduledPurgeDate > now) continue;
    plane.vault.deleted.delete(secret.name);
    plane.vaultFile.changed();
  }
}

/** Key Vault's times. */
export function unixSeconds(plane: Plane): number {
  return Math.floor(plane.clock.now().getTime() / 1000);
}
