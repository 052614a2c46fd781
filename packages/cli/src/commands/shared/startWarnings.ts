import type { CheckWarning } from '@connected-registry/protocol/answers/clientAnswers';

/** The warnings of an answer to a start, which starts all the same. */
export function startWarnings(warnings: readonly CheckWarning[] = []): readonly string[] {
  return warnings.flatMap(({ message, fix }) => [`Warning: ${message}`, `  ${fix}`]);
}
