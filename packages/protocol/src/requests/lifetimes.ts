/** Of credentials, in days. */
export const CREDENTIAL_LIFETIME_DAYS = { min: 1, max: 730, default: 90 } as const;

/**
 * Key Vault tells of a secret's end 30 days ahead, or at once when it is nearer: a shorter life would be marked as due from
 * its first day on. Source: Azure docs, event-grid/event-schema-key-vault.
 */
const NEAR_EXPIRY_DAYS = 30;

/** @param events whether the vault's near-expiry events reach the app. */
export function minLifetimeDays(events: boolean): number {
  return events ? NEAR_EXPIRY_DAYS + 1 : CREDENTIAL_LIFETIME_DAYS.min;
}

/** What settings say of lives: without a wish, and the shortest that may be asked for, in days. */
export interface Lifetimes {
  readonly defaultDays: number;
  readonly minDays: number;
}

/** What is wrong with a wished life, and how it must be; undefined when nothing is. */
export function lifetimeFault(days: number | undefined, { minDays }: Lifetimes) {
  if (days === undefined || days >= minDays) return undefined;
  const why = minDays > CREDENTIAL_LIFETIME_DAYS.min ? ', while the setting NEAR_EXPIRY_EVENTS is true' : '';
  return {
    field: 'credentialLifetimeDays',
    message: 'is too short',
    fix: `It must be a whole number of days from ${minDays} to ${CREDENTIAL_LIFETIME_DAYS.max}${why}.`,
  };
}
