/** The journal of many cases, taken apart into one for each. */
import type { HubRecord } from '@connected-registry/functions-host/durable/hub/records';

/** Records of instances that have to do with each other, and with no others. */
export interface CaseRecords {
  /** Id of the instance that was started first. */
  readonly id: string;
  readonly records: readonly HubRecord[];
}

/** Ids of the instances that a record is about. */
export function idsOf(record: HubRecord): string[] {
  switch (record.k) {
    case 'turn':
    case 'entity':
      return [record.i, ...record.out.map(({ to }) => to)];
    case 'rewind':
      return record.instances.map(({ i }) => i);
    case 'purge':
      return record.i;
    case 'checkpoint':
      return [record.s.id];
    case 'archive':
      return record.e.map(({ i }) => i);
    default:
      return [record.i];
  }
}

/** Groups records by whose instances ever meet in one. */
export function casesOf(records: readonly HubRecord[]): CaseRecords[] {
  const leaders = new Map<string, string>();
  const leader = (id: string): string => {
    const above = leaders.get(id) ?? id;
    if (above === id) return id;
    const top = leader(above);
    leaders.set(id, top);
    return top;
  };
  for (const record of records) {
    const [first, ...others] = idsOf(record);
    if (first !== undefined) for (const other of others) leaders.set(leader(other), leader(first));
  }
  const groups = new Map<string, HubRecord[]>();
  for (const record of records) {
    const [first] = idsOf(record);
    if (first === undefined) continue;
    const group = groups.get(leader(first)) ?? [];
    groups.set(leader(first), group);
    group.push(record);
  }
  return [...groups.values()].flatMap((group) => {
    const start = group.find(({ k }) => k === 'start');
    return start?.k === 'start' ? [{ id: start.i, records: group }] : [];
  });
}

/** Whether a record was made for a client, from outside: after a kill the client would do it again. */
export function isClients(record: HubRecord): boolean {
  if (record.k === 'message') return record.m.e.EventType !== 5 && record.m.e.EventType !== 6;
  return record.k === 'start' || record.k === 'cancel' || record.k === 'purge' || record.k === 'rewind';
}

/** When a record was made, ms; undefined where it does not say. */
export function timeOf(record: HubRecord): number | undefined {
  switch (record.k) {
    case 'start':
    case 'message':
      return Date.parse(record.m.e.Timestamp);
    case 'turn':
    case 'entity':
    case 'rewind':
    case 'cancel':
      return Date.parse(record.at);
    default:
      return undefined;
  }
}
