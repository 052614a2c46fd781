import type { DurableClient } from 'durable-functions';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { ClientRecord } from '../../domain/clients/clientRecord.js';
import type { Joined } from '../../domain/enrolment/enrolment.js';
import type { DevicePass } from '../../domain/enrolment/serverPasses.js';
import { notifyClientRecord, readClientRecord } from './clientRecords.js';

/** Milliseconds between two notes of a device's contact, so that a device that polls does not write all the time. */
export const CONTACT_INTERVAL = 3_600_000;

/**
 * What the record of the pass's client keeps of its device; undefined unless the key of the pass is its current one.
 */
export function joinedWith({ joined }: ClientRecord, { thumbprint }: DevicePass): Joined | undefined {
  return joined?.thumbprint === thumbprint ? joined : undefined;
}

/** Reads what the client's record keeps of a device, as {@link joinedWith}. */
export async function readJoined(client: DurableClient, pass: DevicePass): Promise<Joined | undefined> {
  return joinedWith(await readClientRecord(client, clientKey(pass.client)), pass);
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
