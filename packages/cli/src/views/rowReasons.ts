import type { RolloutClient } from '@connected-registry/protocol/answers/rolloutAnswers';
import { problemLines } from './dryRun.js';

/** Rows in front of a reason that several have. */
const SHOWN = 5;

/** Why rows of a dry run would be refused, with what fixes it: each reason once, and the rows that have it. */
export function rowReasons(clients: readonly RolloutClient[]): string[] {
  const rows = new Map<string, number[]>();
  for (const { row, reasons = [] } of clients)
    for (const reason of reasons) {
      const text = problemLines(reason).join('\n');
      rows.set(text, [...(rows.get(text) ?? []), row]);
    }
  return [...rows].flatMap(([text, numbers]) => [
    `row ${numbers.slice(0, SHOWN).join(', ')}${numbers.length > SHOWN ? ` and ${numbers.length - SHOWN} more` : ''}:`,
    ...text.split('\n').map((line) => `  ${line}`),
  ]);
}
