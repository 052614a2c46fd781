import {
  note,
  type ConnectedRegistryRecord,
  type ConnectedRegistryRequests,
} from '../domain/events/connectedRegistryRecord.js';
import type { EntityCall } from '../domain/operations/entityCall.js';
import { done, type StepOutcome } from '../domain/operations/stepOutcome.js';

/** The connected registry entity: keeps what events reported. It calls no service and never throws. */
export async function connectedRegistryRecord(
  { operation, request }: EntityCall<ConnectedRegistryRequests>,
  record: ConnectedRegistryRecord,
): Promise<{ readonly state: ConnectedRegistryRecord; readonly outcome: StepOutcome<object> }> {
  return { state: note(record, operation, request.at), outcome: done({}) };
}
