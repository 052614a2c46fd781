/** Lifetimes of credentials, in days. */
export const CREDENTIAL_LIFETIME_DAYS = { min: 1, max: 730, default: 90 } as const;

/**
 * Key Vault announces the expiry of a secret 30 days before, or at once if it is nearer, so a shorter lifetime would be
 * marked as due from its first day. Source: Azure docs, event-grid/event-schema-key-vault.
 */
const NEAR_EXPIRY_DAYS = 30;

/** @param events whether the app receives the vault's near-expiry events */
export function minLifetimeDays(events: boolean): number {
  return events ? NEAR_EXPIRY_DAYS + 1 : CREDENTIAL_LIFETIME_DAYS.min;
}

/** Lifetimes from the settings, in days: the default, and the minimum that may be requested. */
export interface Lifetimes {
  readonly defaultDays: number;
  readonly minDays: number;
}

/** The error of a requested lifetime and its fix; undefined if it is valid. */
export function lifetimeFault(days: number | undefined, { minDays }: Lifetimes) {
  if (days === undefined || days >= minDays) return undefined;
  const why = minDays > CREDENTIAL_LIFETIME_DAYS.min ? ', while the setting NEAR_EXPIRY_EVENTS is true' : '';
  return {
    field: 'credentialLifetimeDays',
    message: 'is too short',
    fix: `It must be a whole number of days from ${minDays} to ${CREDENTIAL_LIFETIME_DAYS.max}${why}.`,
  };
}
