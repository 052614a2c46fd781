import {
  note,
  type ConnectedRegistryOperation,
  type ConnectedRegistryRecord,
  type ConnectedRegistryRequest,
} from '../domain/events/connectedRegistryRecord.js';
import { done, type StepOutcome } from '../domain/operations/stepOutcome.js';

/** Keeps what events have reported of a connected registry. It asks nobody and never fails. */
export async function connectedRegistryRecord(
  operation: ConnectedRegistryOperation,
  { at }: ConnectedRegistryRequest,
  record: ConnectedRegistryRecord,
): Promise<{ readonly state: ConnectedRegistryRecord; readonly outcome: StepOutcome<object> }> {
  return { state: note(record, operation, at), outcome: done({}) };
}
