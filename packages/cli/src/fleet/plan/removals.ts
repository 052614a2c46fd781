import { counted } from '../../output/counted.js';
import type { PlanEntry } from './planEntry.js';

type Judged = Pick<PlanEntry, 'mark' | 'place' | 'problems'>;

/**
 * Clients of the file that block removals: the app would refuse them, or they cannot be compared. A client that the
 * file no longer has may be the old name of one of these, and would lose its credential with no replacement.
 */
export function removalBlockers<Entry extends Judged>(entries: readonly Entry[]): Entry[] {
  return entries.filter(({ mark, place, problems }) => place !== undefined && (mark === '?' || problems !== undefined));
}

/** Removals that the app would carry out, and that are not started because of {@link removalBlockers}. */
export function blockedRemovals<Entry extends Judged>(entries: readonly Entry[]): Entry[] {
  if (removalBlockers(entries).length === 0) return [];
  return entries.filter(({ mark, problems }) => mark === '-' && problems === undefined);
}

/** Entries that would be sent: without those that the app would refuse, and without {@link blockedRemovals}. */
export function sendable<Entry extends Judged>(entries: readonly Entry[]): Entry[] {
  const held = new Set(blockedRemovals(entries));
  return entries.filter(
    (one) => (one.mark === '+' || one.mark === '~' || one.mark === '-') && one.problems === undefined && !held.has(one),
  );
}

/** Why removals are blocked, to follow `since`; undefined if they are not. */
export function blockedReason(entries: readonly Judged[]): string | undefined {
  const blockers = removalBlockers(entries);
  const refused = blockers.filter(({ problems }) => problems !== undefined).length;
  const unknown = blockers.length - refused;
  if (blockers.length === 0) return undefined;
  const parts = [
    ...(refused > 0 ? [`${counted(refused, 'client')} of the file would be refused`] : []),
    ...(unknown > 0 ? [`${counted(unknown, 'client')} of the file cannot be compared`] : []),
  ];
  return parts.join(' and ');
}
