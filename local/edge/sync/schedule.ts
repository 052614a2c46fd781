import { Cron } from 'croner';

/** When to sync next, given the last start and the cron expression that came with the last sync. */
export type SyncSchedule = (last: Date, cron: string | undefined) => Date;

/** Syncs `seconds` after the last start, whatever the connected registry's own schedule says. */
export function everySeconds(seconds: number): SyncSchedule {
  return (last) => new Date(last.getTime() + seconds * 1000);
}

/**
 * Syncs at the connected registry's own times. Without any it is always online and syncs every minute
 * (Azure CLI: `az acr connected-registry create --sync-schedule`, default `* * * * *`).
 */
export const bySchedule: SyncSchedule = (last, cron) => {
  const expression = cron === undefined || cron === '' ? '* * * * *' : cron;
  const next = new Cron(expression, { timezone: 'UTC' }).nextRun(last);
  // An expression that never comes again leaves the registry on what it has; it looks again in a day.
  return next ?? new Date(last.getTime() + 24 * 60 * 60 * 1000);
};
