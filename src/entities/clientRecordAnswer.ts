import type { ClientRecord } from '../domain/clients/clientRecord.js';
import { done, type StepOutcome } from '../domain/operations/stepOutcome.js';
import type { PollerSignal } from '../domain/polling/pollerIndex.js';

/** The new record and the outcome of an operation. */
export interface ClientRecordAnswer<Answer extends object = object> {
  readonly state: ClientRecord;
  readonly outcome: StepOutcome<Answer>;
  /** What to tell the indexes of pollers; by default what has changed. */
  readonly signals?: readonly PollerSignal[];
}

/** The answer of an operation that only changes the record. */
export function keep(state: ClientRecord): ClientRecordAnswer {
  return { state, outcome: done({}) };
}
