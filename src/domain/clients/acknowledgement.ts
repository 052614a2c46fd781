import { parseOperationId } from '@connected-registry/protocol/names/operationId';
import type { ClientRecord } from './clientRecord.js';

/**
 * Whether the acknowledgement of this operation's promotion was made before the recorded one, by a run that ended
 * earlier: a copy of a request may be sent again for as long as it has not expired. Run ids sort by time. Records of
 * earlier versions have no operation; their order is unknown, so that nothing counts as older.
 *
 * @param operation `{instance}.{run}`
 */
export function isEarlierAcknowledgement({ acknowledgedBy }: ClientRecord, operation: string): boolean {
  const run = parseOperationId(operation)?.run;
  return acknowledgedBy !== undefined && run !== undefined && run < acknowledgedBy;
}

/** Records the version of the main secret that the device uses since the promotion of this operation. */
export function acknowledge(record: ClientRecord, operation: string, version: string): ClientRecord {
  if (isEarlierAcknowledgement(record, operation)) return record;
  const { acknowledgedBy: _before, ...rest } = record;
  const run = parseOperationId(operation)?.run;
  return { ...rest, acknowledged: version, ...(run === undefined ? {} : { acknowledgedBy: run }) };
}
