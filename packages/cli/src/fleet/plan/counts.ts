import { counted } from '../../output/counted.js';
import { EXIT, type ExitCode } from '../../program/exitCodes.js';
import type { PlanEntry } from './planEntry.js';
import { blockedRemovals, sendable } from './removals.js';
import type { Mark } from './verdict.js';

type Counted = Pick<PlanEntry, 'mark' | 'place' | 'problems' | 'row'>;

export function countOf(entries: readonly Counted[], ...marks: readonly Mark[]): number {
  return entries.filter(({ mark }) => marks.includes(mark)).length;
}

/** Changes that the app would refuse. */
export function blocked<Entry extends Counted>(entries: readonly Entry[]): Entry[] {
  return entries.filter(({ problems }) => problems !== undefined);
}

/** `3 to add, 1 to change, 0 to remove, 996 equal`, and what else there is. */
export function summary(entries: readonly Counted[]): string {
  const [left, unknown] = [countOf(entries, '!'), countOf(entries, '?')];
  const held = blockedRemovals(entries).length;
  const adopting = entries.filter(({ row, problems }) => row?.adopt === true && problems === undefined).length;
  return [
    `${countOf(entries, '+')} to add`,
    `${countOf(entries, '~')} to change`,
    `${countOf(entries, '-') - held} to remove`,
    `${countOf(entries, '=')} equal`,
    ...(left > 0 ? [`${left} different and left so`] : []),
    ...(held > 0 ? [`${counted(held, 'removal')} held back`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
    ...(adopting > 0 ? [`${adopting} ${adopting === 1 ? 'adopts' : 'adopt'} a token`] : []),
  ].join(', ');
}

/** Exit codes as Terraform's `plan -detailed-exitcode` has them: there are changes. */
export const CHANGES: ExitCode = EXIT.usage;

/**
 * How a plan ends, by what would be sent. A client that would be refused is an error, and so are removals that are held
 * back if nothing else would be sent: `crctl apply` would start nothing, and fail. A client that cannot be compared is
 * one where the code is to say whether anything differs, and nothing else does.
 */
export function planExit(entries: readonly Counted[], detailed: boolean): ExitCode {
  const hasChanges = sendable(entries).length > 0;
  if (blocked(entries).length > 0 || (!hasChanges && blockedRemovals(entries).length > 0)) return EXIT.failed;
  if (!detailed) return EXIT.done;
  if (hasChanges) return CHANGES;
  return countOf(entries, '?') > 0 ? EXIT.failed : EXIT.done;
}
