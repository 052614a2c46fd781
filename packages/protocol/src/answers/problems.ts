import type { Problem } from './answers.js';

/** Problems that refuse a run. Unknown facts are reported but do not refuse it. */
export function refusing(problems: readonly Problem[]): Problem[] {
  return problems.filter(({ unknown }) => unknown !== true);
}
