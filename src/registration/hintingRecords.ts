import type { ClientRecordOperation } from '../domain/clients/clientRecord.js';
import type { StepOutcome } from '../domain/operations/stepOutcome.js';
import type { NewsHints } from '../ports/newsHints.js';

/**
 * Operations of the client record that may be news for its device: its key ends, or its run does, which shows a
 * promotion (`noteEnd` is the last thing that a run does).
 */
const NEWS: ReadonlySet<ClientRecordOperation> = new Set([
  'noteEnd',
  'revoke',
  'beginOffboarding',
  'forget',
  'redeem',
  'renewKeys',
]);

/** Does a record's operations, and has the client's open requests look after those that may be news. */
export function hintingRecords(hints: NewsHints) {
  return async (
    { key, operation }: { readonly key: string; readonly operation: ClientRecordOperation },
    work: () => Promise<StepOutcome<unknown>>,
  ): Promise<StepOutcome<unknown>> => {
    const outcome = await work();
    if (NEWS.has(operation)) hints.hint(key);
    return outcome;
  };
}
