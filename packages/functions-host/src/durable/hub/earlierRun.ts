/**
 * What the real host's history table keeps of an instance's earlier runs. A new run writes its rows over theirs from
 * the first on, so a longer earlier run leaves its last rows behind. Nothing but a rewind looks at them: it takes the
 * run of the last OrchestratorStarted row for the current one (public source: Azure/durabletask,
 * AzureTableTrackingStore.RewindHistoryAsync).
 */
import { EventType, type HistoryEvent } from '../history.js';
import { historyOf, type EarlierRun, type FailureRow, type Instance } from './instance.js';
import { statusNames } from './records.js';

/** @returns what a run that follows will find of the instance's run and of those before it */
export function earlierRunOf(instance: Instance): EarlierRun | undefined {
  const history = historyOf(instance);
  const last = history.findLastIndex((event) => event.EventType === EventType.OrchestratorStarted);
  // What reaches farther than the run's own rows is still there after it.
  return mistakenRun(instance, history) ?? (last < 0 ? undefined : { last, from: 0, failures: failuresIn(history) });
}

/**
 * @returns the earlier run that a rewind takes for the current one, with its first row that is left; undefined if there
 * is none
 */
export function mistakenRun({ earlier }: Instance, history: readonly HistoryEvent[]): EarlierRun | undefined {
  if (earlier === undefined) return undefined;
  const from = Math.max(earlier.from, history.length);
  return earlier.last < from ? undefined : { ...earlier, from };
}

/** The rows of a history that a rewind replaces, in their order. */
export function failuresIn(history: readonly HistoryEvent[]): FailureRow[] {
  return history.flatMap((event, at): FailureRow[] => {
    if (event.EventType === EventType.ExecutionCompleted)
      return statusNames[event.OrchestrationStatus] === 'Failed' ? [{ at }] : [];
    if (event.EventType === EventType.TaskFailed)
      return [
        {
          at,
          of: history.findIndex(
            (one) => one.EventType === EventType.TaskScheduled && one.EventId === event.TaskScheduledId,
          ),
        },
      ];
    if (event.EventType !== EventType.SubOrchestrationInstanceFailed) return [];
    const of = history.findIndex(
      (one) => one.EventType === EventType.SubOrchestrationInstanceCreated && one.EventId === event.TaskScheduledId,
    );
    const created = history[of];
    return [
      {
        at,
        of,
        ...(created?.EventType === EventType.SubOrchestrationInstanceCreated ? { child: created.InstanceId } : {}),
      },
    ];
  });
}
