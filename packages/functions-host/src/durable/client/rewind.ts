/**
 * Removes failures from a failed instance's history, and from its failed children's, so that the failed parts run again
 * (public source: Azure/durabletask, AzureTableTrackingStore.RewindHistoryAsync).
 */
import type { TaskHub } from '../hub/hub.js';
import { historyOf } from '../hub/instance.js';
import type { GenericEvent, HistoryEvent } from '../history.js';
import type { RewindRecord } from '../hub/records.js';

/** Creates the record that rewinds an instance and the children that caused its failures. */
export function rewindRecord(hub: TaskHub, instanceId: string, reason: string | null, at: string): RewindRecord {
  const instances: RewindRecord['instances'] = [];
  rewind(hub, instanceId, reason, at, instances, new Set());
  return { k: 'rewind', at, instances };
}

function rewind(
  hub: TaskHub,
  instanceId: string,
  reason: string | null,
  at: string,
  found: RewindRecord['instances'],
  seen: Set<string>,
): void {
  const instance = hub.find(instanceId);
  if (instance === undefined || seen.has(instanceId)) return;
  seen.add(instanceId);
  const history = historyOf(instance);
  const failedTasks = new Set(history.flatMap((event) => (event.EventType === 6 ? [event.TaskScheduledId] : [])));
  const failedChildren = new Set(history.flatMap((event) => (event.EventType === 9 ? [event.TaskScheduledId] : [])));
  for (const event of history)
    if (event.EventType === 7 && failedChildren.has(event.EventId))
      rewind(hub, event.InstanceId, reason, at, found, seen);
  const cleaned = history.map((event) => {
    const isFailure =
      event.EventType === 6 ||
      event.EventType === 9 ||
      event.EventType === 1 ||
      (event.EventType === 4 && failedTasks.has(event.EventId));
    return isFailure ? generic(event, null) : event;
  });
  const message = { n: hub.nextMessageNumber(), e: generic({ EventId: -1, IsPlayed: false, Timestamp: at }, reason) };
  found.push({ i: instanceId, history: cleaned, ...(failedChildren.size === 0 ? { m: message } : {}) });
}

/** Replays ignore it; its position in the history stays. */
const generic = (
  event: Pick<HistoryEvent, 'EventId' | 'IsPlayed' | 'Timestamp'>,
  data: string | null,
): GenericEvent => ({
  EventType: 17,
  Data: data,
  EventId: event.EventId,
  IsPlayed: event.IsPlayed,
  Timestamp: event.Timestamp,
});
