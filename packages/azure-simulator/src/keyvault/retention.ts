import type { Plane } from '../plane.js';

/** Purges secrets whose retention has ended. */
export function purgeOverdue(plane: Plane): void {
  const now = unixSeconds(plane);
  const overdue = [...plane.vault.deleted.values()].filter(({ scheduledPurgeDate }) => scheduledPurgeDate <= now);
  for (const { name } of overdue) plane.vault.deleted.delete(name);
  if (overdue.length > 0) plane.vaultFile.rewrite();
}

/** The current time in Key Vault's unit. */
export function unixSeconds(plane: Plane): number {
  return Math.floor(plane.clock.now().getTime() / 1000);
}
