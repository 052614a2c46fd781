const DAY_SECONDS = 86_400;

/** Settings with which a rotation waits for days, since its connected registry syncs once a month. */
export const LONG_WAITS: Readonly<Record<string, string>> = {
  PASSWORD_REPLICATION_SECONDS: '1',
  // Waits go by the schedule of the syncs.
  PULL_CHECK_RETRY_SECONDS: '',
  PULL_CHECK_DEADLINE_SECONDS: '3600',
  SYNC_DEADLINE_SECONDS: String(30 * DAY_SECONDS),
  // From one sync of a month to the next.
  OVERLAP_SECONDS: String(40 * DAY_SECONDS),
  CREDENTIAL_LIFETIME_DAYS: '300',
  ROTATE_AFTER: '2/3',
};
