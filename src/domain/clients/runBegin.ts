import type { ClientRecord, Revocation } from './clientRecord.js';
import { laterOf } from './laterOf.js';
import { revocationOf, revokedSince } from './revocationMarks.js';

/** Records the time of an accepted event (ISO 8601), unless a newer one is recorded. */
export function noteEvent(record: ClientRecord, at: string): ClientRecord {
  return { ...record, newestEventAt: laterOf(record.newestEventAt, at) };
}

/** Whether a run may begin. `clears`: the earlier revocation that the run clears when it succeeds. */
type BeginVerdict =
  | { readonly kind: 'proceed'; readonly clears?: Revocation }
  | { readonly kind: 'revoked'; readonly revokedAt: string }
  | { readonly kind: 'staleEvent'; readonly newestEventAt: string };

/**
 * Refuses a run that was requested before the client was revoked, and a run requested by an event if a newer event was
 * accepted: Event Grid may deliver events late, twice and out of order.
 */
export function judgeBegin(record: ClientRecord, requestedAt: string, eventAt: string | undefined): BeginVerdict {
  const stale = judgeEvent(record, eventAt);
  if (stale) return stale;
  const clears = revocationOf(record);
  if (!clears) return { kind: 'proceed' };
  const { revokedAt } = clears;
  return revokedSince(record, eventAt ?? requestedAt) ? { kind: 'revoked', revokedAt } : { kind: 'proceed', clears };
}

/** The verdict on a stale event; undefined for a current one, and for a run that no event requested. */
export function judgeEvent(
  { newestEventAt }: ClientRecord,
  eventAt: string | undefined,
): Extract<BeginVerdict, { kind: 'staleEvent' }> | undefined {
  if (eventAt === undefined || newestEventAt === undefined || new Date(newestEventAt) <= new Date(eventAt)) return;
  return { kind: 'staleEvent', newestEventAt };
}
