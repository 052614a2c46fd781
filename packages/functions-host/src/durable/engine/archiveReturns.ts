/**
 * Takes finished instances out of the archive. What is archived never changes, so an instance's state returns to the
 * journal before a record changes it: every start reads it from there.
 */
import { ArchiveDamagedError } from '../../store/archive.js';
import type { TaskHub } from '../hub/hub.js';
import { storedInstance } from '../hub/instance.js';
import { startedBy, type CheckpointRecord, type HubRecord } from '../hub/records.js';

/**
 * The records that have to come before a record.
 * @throws ArchiveDamagedError if the record changes what cannot be read
 */
export function returnsFor(hub: TaskHub, record: HubRecord): CheckpointRecord[] {
  if (record.k === 'rewind') return record.instances.flatMap(({ i }) => returnOf(hub, i));
  // What a new run leaves of the earlier one follows from its state.
  return startedBy(record).flatMap((id) => ifReadable(() => returnOf(hub, id)));
}

function returnOf(hub: TaskHub, id: string): CheckpointRecord[] {
  const instance = hub.archived.get(id) === undefined ? undefined : hub.find(id);
  return instance === undefined ? [] : [{ k: 'checkpoint', s: storedInstance(instance) }];
}

/** A start does not fail because what it replaces is damaged. */
function ifReadable(records: () => CheckpointRecord[]): CheckpointRecord[] {
  try {
    return records();
  } catch (error) {
    if (error instanceof ArchiveDamagedError) return [];
    throw error;
  }
}
