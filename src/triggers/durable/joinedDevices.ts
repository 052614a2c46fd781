import type { DurableClient } from 'durable-functions';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { Joined } from '../../domain/enrolment/enrolment.js';
import type { DevicePass } from '../../domain/enrolment/serverPasses.js';
import { notifyClientRecord, readClientRecord } from './clientRecords.js';

/** Milliseconds between two notes of a device's contact, so that a device that polls does not write all the time. */
export const CONTACT_INTERVAL = 3_600_000;

/**
 * Reads what the client's record keeps of a device.
 * @returns undefined unless the key of the pass is the client's current one
 */
export async function readJoined(
  client: DurableClient,
  { client: reference, thumbprint }: DevicePass,
): Promise<Joined | undefined> {
  const { joined } = await readClientRecord(client, clientKey(reference));
  return joined?.thumbprint === thumbprint ? joined : undefined;
}

/** Notes in the client's record that the device was heard of now, unless that is known to within an hour. */
export async function noteContact(
  client: DurableClient,
  { client: reference, thumbprint }: DevicePass,
  { lastContactAt }: Pick<Joined, 'lastContactAt'>,
  now: Date,
): Promise<void> {
  if (lastContactAt !== undefined && now.getTime() - Date.parse(lastContactAt) < CONTACT_INTERVAL) return;
  const key = clientKey(reference);
  const by = { operation: key, actor: 'device' };
  await notifyClientRecord(client, key, 'noteContact', { thumbprint, at: now.toISOString(), by });
}
