/** The status of an instance in answers (public source: StatusResponsePayload, DurableClient.cs). */
import { EventType, eventTypeNames, type HistoryEvent } from '../history.js';
import { historyOf, type Instance } from '../hub/instance.js';
import { statusNames } from '../hub/records.js';
import { asLocalTime } from '../json/dates.js';
import { normalisedJson } from '../json/jsonWriter.js';

/** Parts of the status that a caller requests. */
export interface StatusOptions {
  readonly showInput: boolean;
  readonly showHistory: boolean;
  readonly showHistoryOutput: boolean;
}

/** A stored text as a JSON value. A text that is not JSON (a terminate reason) stays as it is. */
function valueOf(text: string | null): unknown {
  if (text === null) return null;
  const trimmed = text.trim();
  if (trimmed === '') return '';
  try {
    return JSON.parse(otherwise.test(trimmed) ? normalisedJson(trimmed) : trimmed);
  } catch {
    return leniently(trimmed);
  }
}

/** Numbers that may be too large for JavaScript, which the real host shows as text, and halves of surrogate pairs. */
const otherwise = /\d[eE]\+?\d{3}|\\u[dD][89a-fA-F]/;

/** A caller's input that is JSON to the extension only. */
function leniently(text: string): unknown {
  try {
    return JSON.parse(normalisedJson(text));
  } catch {
    return text;
  }
}

/** ISO time with seconds and a Z. */
const seconds = (iso: string): string => `${iso.slice(0, 19)}Z`;

/**
 * The status object.
 * @throws RepeatedTaskError
 */
export function statusView(instance: Instance, options: StatusOptions): Record<string, unknown> {
  const history = options.showHistory && instance.status !== 'Pending' ? historyView(instance, options) : undefined;
  return {
    name: instance.name,
    instanceId: instance.id,
    runtimeStatus: instance.status,
    input: options.showInput ? inputOf(instance) : null,
    customStatus: customStatusOf(instance),
    output: valueOf(instance.output),
    createdTime: seconds(instance.created),
    lastUpdatedTime: seconds(instance.updated),
    ...(history === undefined ? {} : { historyEvents: history }),
  };
}

/** An entity's state is shown where an orchestration has its input. */
function inputOf(instance: Instance): unknown {
  const { entity } = instance;
  if (entity === undefined) return valueOf(instance.input);
  return {
    ...(entity.exists ? { exists: true } : {}),
    ...(entity.state === null ? {} : { state: entity.state }),
    ...(entity.lockedBy === null ? {} : { lockedBy: entity.lockedBy }),
  };
}

function customStatusOf(instance: Instance): unknown {
  const { entity } = instance;
  if (entity === undefined) return valueOf(instance.customStatus);
  return {
    ...(entity.exists ? { entityExists: true } : {}),
    ...(entity.queue.length > 0 ? { queueSize: entity.queue.length } : {}),
    ...(entity.lockedBy === null ? {} : { lockedBy: entity.lockedBy }),
  };
}

/** The history schedules two tasks under one number. The real host cannot show it. */
export class RepeatedTaskError extends Error {
  override readonly name = 'RepeatedTaskError';

  constructor(event: HistoryEvent) {
    super(
      `An item with the same key has already been added. Key: ${eventTypeNames.get(event.EventType) ?? ''}_${event.EventId}`,
    );
  }
}

/** The types of the events that schedule what an event answers. */
const schedulingTypes = {
  [EventType.TaskCompleted]: EventType.TaskScheduled,
  [EventType.TaskFailed]: EventType.TaskScheduled,
  [EventType.SubOrchestrationInstanceCompleted]: EventType.SubOrchestrationInstanceCreated,
  [EventType.SubOrchestrationInstanceFailed]: EventType.SubOrchestrationInstanceCreated,
} as const;

type SchedulingType = (typeof schedulingTypes)[keyof typeof schedulingTypes];

interface Scheduled {
  index: number;
  name: string;
  time: string;
  /** The instance id, if it is a child. */
  instanceId: string | undefined;
}

/** The history without turn marks. Events that schedule a task are merged into those that answer it. */
function historyView(instance: Instance, options: StatusOptions): Record<string, unknown>[] {
  const events = historyOf(instance);
  const scheduled = new Map<string, Scheduled>();
  const hidden = new Set<number>();
  const shown = events.map((event, index) => {
    if (event.EventType === EventType.OrchestratorStarted || event.EventType === EventType.OrchestratorCompleted)
      hidden.add(index);
    if (event.EventType === EventType.TaskScheduled || event.EventType === EventType.SubOrchestrationInstanceCreated) {
      const key = `${event.EventType}:${event.EventId}`;
      if (scheduled.has(key)) throw new RepeatedTaskError(event);
      scheduled.set(key, {
        index,
        name: event.Name,
        time: event.Timestamp,
        instanceId: event.EventType === EventType.SubOrchestrationInstanceCreated ? event.InstanceId : undefined,
      });
    }
    return eventView(event, options, (type, id) => {
      const found = scheduled.get(`${type}:${id}`);
      if (found !== undefined) hidden.add(found.index);
      return found;
    });
  });
  return shown.filter((_, index) => !hidden.has(index));
}

function eventView(
  event: HistoryEvent,
  options: StatusOptions,
  answers: (scheduledBy: SchedulingType, id: number) => Scheduled | undefined,
): Record<string, unknown> {
  const { EventId: _id, IsPlayed: _played, ...rest } = event;
  const view: Record<string, unknown> = { ...rest, EventType: eventTypeNames.get(event.EventType) };
  switch (event.EventType) {
    case EventType.ExecutionStarted:
      view['FunctionName'] = event.Name;
      for (const name of ['Name', 'OrchestrationInstance', 'ParentInstance', 'Version', 'Tags']) delete view[name];
      break;
    case EventType.ExecutionCompleted:
      view['OrchestrationStatus'] = statusNames[event.OrchestrationStatus];
      showResult(view, event.Result, options);
      break;
    case EventType.TaskScheduled:
    case EventType.SubOrchestrationInstanceCreated:
      delete view['Version'];
      break;
    case EventType.TaskCompleted:
    case EventType.TaskFailed:
    case EventType.SubOrchestrationInstanceCompleted:
    case EventType.SubOrchestrationInstanceFailed: {
      const found = answers(schedulingTypes[event.EventType], event.TaskScheduledId);
      delete view['TaskScheduledId'];
      if (found !== undefined) {
        view['ScheduledTime'] = asLocalTime(found.time);
        view['FunctionName'] = found.name;
        if (found.instanceId !== undefined) view['InstanceId'] = found.instanceId;
        view['Input'] = null;
      }
      if (
        event.EventType === EventType.TaskCompleted ||
        event.EventType === EventType.SubOrchestrationInstanceCompleted
      )
        showResult(view, event.Result, options);
      break;
    }
    case EventType.TimerFired:
      delete view['TimerId'];
      break;
    default:
      break;
  }
  if (!options.showInput) delete view['Input'];
  return view;
}

function showResult(view: Record<string, unknown>, result: string | null, options: StatusOptions): void {
  if (options.showHistoryOutput) view['Result'] = valueOf(result);
  else delete view['Result'];
}
