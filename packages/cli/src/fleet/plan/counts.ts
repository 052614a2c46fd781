import { EXIT, type ExitCode } from '../../program/exitCodes.js';
import type { PlanEntry } from './planEntry.js';
import type { Mark } from './verdict.js';

type Counted = Pick<PlanEntry, 'mark' | 'problems' | 'row'>;

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
  const adopting = entries.filter(({ row, problems }) => row?.adopt === true && problems === undefined).length;
  return [
    `${countOf(entries, '+')} to add`,
    `${countOf(entries, '~')} to change`,
    `${countOf(entries, '-')} to remove`,
    `${countOf(entries, '=')} equal`,
    ...(left > 0 ? [`${left} different and left so`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
    ...(adopting > 0 ? [`${adopting} ${adopting === 1 ? 'adopts' : 'adopt'} a token`] : []),
  ].join(', ');
}

/** Exit codes as Terraform's `plan -detailed-exitcode` has them: there are changes. */
export const CHANGES: ExitCode = EXIT.usage;

/**
 * How a plan ends. A client that would be refused is an error. One that cannot be compared is an error where the code is to say whether
 * anything differs, and nothing else does.
 */
export function planExit(entries: readonly Counted[], detailed: boolean): ExitCode {
  if (blocked(entries).length > 0) return EXIT.failed;
  if (!detailed) return EXIT.done;
  if (countOf(entries, '+', '~', '-') > 0) return CHANGES;
  return countOf(entries, '?') > 0 ? EXIT.failed : EXIT.done;
}
