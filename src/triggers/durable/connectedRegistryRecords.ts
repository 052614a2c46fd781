import * as df from 'durable-functions';
import type { DurableClient } from 'durable-functions';
import { BINDER, binderKey } from '../../domain/binding/bindingRequests.js';
import {
  CONNECTED_REGISTRY_RECORD,
  NEVER_SEEN,
  type ConnectedRegistryOperation,
  type ConnectedRegistryRecord,
  type ConnectedRegistryRequests,
} from '../../domain/events/connectedRegistryRecord.js';

/** Reads a connected registry's record, and whether the app has ever bound clients to it. */
export async function readConnectedRegistry(
  client: DurableClient,
  registry: string,
  name: string,
): Promise<{ readonly record: ConnectedRegistryRecord; readonly wasBound: boolean }> {
  const key = binderKey(registry, name);
  const known = await client.readEntityState<ConnectedRegistryRecord>(new df.EntityId(CONNECTED_REGISTRY_RECORD, key));
  const binder = await client.readEntityState(new df.EntityId(BINDER, key));
  return {
    record: known.entityExists ? (known.entityState ?? NEVER_SEEN) : NEVER_SEEN,
    wasBound: binder.entityExists,
  };
}

/**
 * Signals what an event reported to the connected registry entity, without waiting.
 * @param at the event's time (ISO 8601)
 */
export async function noteConnectedRegistry(
  client: DurableClient,
  registry: string,
  name: string,
  operation: ConnectedRegistryOperation,
  at: string,
): Promise<void> {
  const key = binderKey(registry, name);
  const request: ConnectedRegistryRequests[typeof operation] = { at, by: { operation: key, actor: 'event' } };
  await client.signalEntity(new df.EntityId(CONNECTED_REGISTRY_RECORD, key), operation, request);
}
