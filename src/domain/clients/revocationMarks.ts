import type { ClientRecord, Disabling, Revocation } from './clientRecord.js';
import { decidedAfter } from '../times/decidedAfter.js';
import { laterOf } from './laterOf.js';

/** Records a revocation, and keeps the time of the first if it is repeated. @param at ISO 8601 */
export function markRevoked(record: ClientRecord, at: string): ClientRecord & { readonly revokedAt: string } {
  const revokedAt = laterOf(record.revokedAt, at);
  if (record.revokedAt === undefined || revokedAt === record.revokedAt) return { ...record, revokedAt };
  return { ...record, revokedAt, firstRevokedAt: record.firstRevokedAt ?? record.revokedAt };
}

/** Ignored unless the client is revoked: a cleared revocation keeps no token names. */
export function noteDisabled(record: ClientRecord, tokens: readonly string[]): ClientRecord {
  if (record.revokedAt === undefined || tokens.length === 0) return record;
  const names = [...(record.disabled ?? []), ...tokens.map((token) => token.toLowerCase())];
  return { ...record, disabled: [...new Set(names)] };
}

/** Records that a revocation is disabling the client's tokens and secrets. */
export function beginDisabling(record: ClientRecord, { operation, until }: Disabling): ClientRecord {
  return { ...record, disabling: [...othersDisabling(record, operation), { operation, until }] };
}

/** Records that a revocation has finished disabling. @param operation the revocation's operation id */
export function endDisabling(record: ClientRecord, operation: string): ClientRecord {
  const { disabling: _disabling, ...rest } = record;
  const others = othersDisabling(record, operation);
  return others.length === 0 ? rest : { ...rest, disabling: others };
}

/** Whether a revocation is disabling the client's tokens and secrets at `now`. */
export function isDisabling({ disabling = [] }: ClientRecord, now: Date): boolean {
  return disabling.some(({ until }) => new Date(until) > now);
}

function othersDisabling({ disabling = [] }: ClientRecord, operation: string): Disabling[] {
  return disabling.filter((one) => one.operation !== operation);
}

/** When the client was revoked, unless the request of `effectiveAt` is later than that. */
export function revokedSince({ revokedAt }: ClientRecord, effectiveAt: string): string | undefined {
  return revokedAt !== undefined && new Date(revokedAt) >= new Date(effectiveAt) ? revokedAt : undefined;
}

/** Whether the client was revoked or offboarded since this request, whose time is from {@link requestTime}. */
export function hasEndedSince(record: ClientRecord, requestedAt: string): boolean {
  const { keysEndedAt } = record;
  const hasLostAccess = keysEndedAt !== undefined && new Date(keysEndedAt) >= new Date(requestedAt);
  return hasLostAccess || revokedSince(record, requestedAt) !== undefined;
}

/**
 * The time of a request that is later than the ends that its record shows, which another host, whose clock is ahead,
 * may have noted. It is not later than the record's other times, so that an end which comes before the request is
 * carried out is later.
 *
 * @param now ISO 8601
 */
export function requestTime({ revokedAt, keysEndedAt }: ClientRecord, now: string): string {
  return decidedAfter(revokedAt === undefined ? keysEndedAt : laterOf(keysEndedAt, revokedAt), now);
}

/** Clears the revocation if it is older than the request of `effectiveAt`. */
export function clearRevocation(record: ClientRecord, effectiveAt: string): ClientRecord {
  const { revokedAt, firstRevokedAt: _first, disabled: _disabled, ...rest } = record;
  return revokedAt !== undefined && new Date(revokedAt) < new Date(effectiveAt) ? rest : record;
}

/** The revocation in effect, if any. */
export function revocationOf({ revokedAt, disabled = [] }: ClientRecord): Revocation | undefined {
  return revokedAt === undefined ? undefined : { revokedAt, disabled };
}
