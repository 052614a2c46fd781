/** Of credentials, in days. */
export const CREDENTIAL_LIFETIME_DAYS = { least: 1, most: 730, usual: 90 } as const;

/**
 * Key Vault tells of a secret's end 30 days ahead, or at once when it is nearer: a shorter life would be marked as due from
 * its first day on. Source: Azure docs, event-grid/event-schema-key-vault.
 */
const NEAR_EXPIRY_DAYS = 30;

/** @param events whether the vault's near-expiry events reach the app. */
export function leastLifetimeDays(events: boolean): number {
  return events ? NEAR_EXPIRY_DAYS + 1 : CREDENTIAL_LIFETIME_DAYS.least;
}
