import {
  note,
  type ConnectedRegistryOperation,
  type ConnectedRegistryRecord,
  type ConnectedRegistryRequest,
} from '../domain/events/connectedRegistryRecord.js';
import { done, type StepOutcome } from '../domain/operations/stepOutcome.js';

/** The connected registry entity: keeps what events reported. It calls no service and never throws. */
export async function connectedRegistryRecord(
  operation: ConnectedRegistryOperation,
  { at }: ConnectedRegistryRequest,
  record: ConnectedRegistryRecord,
): Promise<{ readonly state: ConnectedRegistryRecord; readonly outcome: StepOutcome<object> }> {
  return { state: note(record, operation, at), outcome: done({}) };
}
