import type { InventoryRow, Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import type { ClientState } from '@connected-registry/protocol/answers/clientAnswers';

const DAY = 86_400_000;

/** Counts clients by state and by what is due. */
export function clientCounts(rows: readonly InventoryRow[], now: Date): Overview['clients'] {
  const byState: Record<ClientState, number> = {
    orphaned: 0,
    revoked: 0,
    expired: 0,
    unbound: 0,
    drifted: 0,
    changing: 0,
    expiring: 0,
    ok: 0,
  };
  const at = now.getTime();
  let [within7Days, within14Days, within30Days, rotationDue] = [0, 0, 0, 0];
  for (const { state, expiresOn, rotationDueAt } of rows) {
    byState[state] += 1;
    // Nobody needs to renew what was revoked.
    if (state === 'revoked') continue;
    const left = Date.parse(expiresOn) - at;
    if (left > 0 && left <= 7 * DAY) within7Days += 1;
    if (left > 0 && left <= 14 * DAY) within14Days += 1;
    if (left > 0 && left <= 30 * DAY) within30Days += 1;
    if (Date.parse(rotationDueAt) <= at) rotationDue += 1;
  }
  return { total: rows.length, byState, expiring: { within7Days, within14Days, within30Days }, rotationDue };
}
