import type { Problem } from './answers.js';

/** Those for which a run is refused. What is only unknown is reported, and refuses nothing. */
export function refusing(problems: readonly Problem[]): Problem[] {
  return problems.filter(({ unknown }) => unknown !== true);
}
