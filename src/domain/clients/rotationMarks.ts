import type { ClientRecord } from './clientRecord.js';

/** Marks a rotation as due since `at` (ISO 8601). The first mark stays. */
export function markRotationDue(record: ClientRecord, at: string): ClientRecord {
  return record.rotationDueSince === undefined ? { ...record, rotationDueSince: at } : record;
}

/** Clears the due mark unless it was set after the rotation was requested at `at`. */
export function clearRotationDue(record: ClientRecord, at: string): ClientRecord {
  const { retryRotationAt: _retry, ...withoutRetry } = record;
  const { rotationDueSince, ...rest } = withoutRetry;
  return rotationDueSince !== undefined && new Date(rotationDueSince) <= new Date(at) ? rest : withoutRetry;
}
