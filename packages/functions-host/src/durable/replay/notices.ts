/**
 * Cases in which the real engine fails silently. The replay records them. The engine logs each once or, in strict mode,
 * fails the orchestration with it.
 */
import type { ExecutionStartedEvent } from '../history.js';
import type { DurableSettings } from '../settings.js';

/** One case. `key` identifies it within an instance, so that a replay does not repeat it. */
export interface Notice {
  key: string;
  /** What happens, and to what. Never contains inputs, outputs or event payloads. */
  text: string;
  /** What to write instead. */
  cure: string;
  /** A name in the code, which helps to find the line. */
  names?: string;
}

export const unknownFunction = (index: number, kind: string, name: string): Notice => ({
  key: `unknown:${index}:${name}`,
  text: `calls the ${kind} '${name}', which does not exist, and waits for it forever`,
  cure: `register '${name}' with this app, or correct the name in the call`,
  names: name,
});

export const childWithParentsId = (instanceId: string): Notice => ({
  key: `childId:${instanceId}`,
  text: `calls a sub-orchestration with the id '${instanceId}', its own or its parent's (or one that begins with @); it is not started, and the caller waits forever`,
  cure: 'give the sub-orchestration an id of its own',
});

export const replacedByChild = (by: ExecutionStartedEvent): Notice => ({
  key: `replaced:${by.OrchestrationInstance.ExecutionId}`,
  text: `was running and was silently replaced by a sub-orchestration '${by.Name}' of '${by.ParentInstance?.OrchestrationInstance.InstanceId ?? ''}' with the same id`,
  cure: 'give sub-orchestrations ids that no other instance has',
});

export const retryOutOfTime = (id: number, name: string): Notice => ({
  key: `retryTimeout:${id}`,
  text: `retryTimeoutInMilliseconds of '${name}' has run out; the engine neither retries nor notifies the orchestration, which waits forever`,
  cure: 'leave retryTimeoutInMilliseconds out; bound the retries by maxNumberOfAttempts, or wait with a timer of your own',
  names: name,
});

export const retryWithoutPause = (id: number, name: string): Notice => ({
  key: `retryPause:${id}`,
  text: `a retry of '${name}' is due without a pause (backoffCoefficient or maxRetryIntervalInMilliseconds is 0); the engine neither retries nor notifies the orchestration, which waits forever`,
  cure: 'give the retries a pause of at least a millisecond, and a backoffCoefficient of at least 1',
  names: name,
});

export const thrownWithoutMessage = (): Notice => ({
  key: 'thrownText',
  text: `threw a value that is not an Error, or an Error without a message; the orchestration stays Running forever`,
  cure: "throw new Error('...') with a message",
});

export const eventsDropped = (names: readonly string[]): Notice => ({
  key: `dropped:${names.join()}`,
  text: `continues as new with unread events (${names.join(', ')}); they are dropped`,
  cure: 'take every event that may be waiting before continueAsNew, or end and start another instance',
});

export const undoNeverRuns = (behind: number): Notice => ({
  key: `behind:${behind}`,
  text:
    'went on after a Task.all or Task.any whose other branch is still retrying; the retry takes the ids of the tasks that follow, ' +
    'so these may never run although the orchestration completes',
  cure: 'put the retrying call into a sub-orchestration of its own, or retry with your own timer loop',
});

export const retryInCompound = (): Notice => ({
  key: 'retryInCompound',
  text: 'fails as non-deterministic because a call with retries inside Task.any or Task.all took an id that the SDK had given to another task',
  cure: 'put the retrying call into a sub-orchestration of its own, or retry with your own timer loop',
});

export const afterLongTimer = (): Notice => ({
  key: 'afterLongTimer',
  text:
    'makes a timer after one of more than six days that was cancelled, or beside one: each that is due soon is made several times ' +
    'over, one whose time is past never fires, and the ids of what follows part company, so that later activities and children ' +
    'give undefined although they ran, a failure counts as a success, and an entity call fails the orchestration',
  cure: 'wait in pieces: a timer of at most five days, then the next',
  names: 'createTimer',
});

export const booleanInput = (index: number, name: string): Notice => ({
  key: `boolean:${index}:${name}`,
  text: `gives the activity '${name}' a boolean, which arrives as the text "True" or "False"`,
  cure: 'wrap the value in an object',
  names: name,
});

export const customStatusNearLimit = (characters: number): Notice => ({
  key: 'customStatus',
  text: `sets a custom status of ${characters} characters of JSON; over 16 KB of UTF-16 (8,703 characters) the orchestration fails`,
  cure: 'keep a summary in the custom status, and details in an entity or a store',
});

export const heldOpen = (timers: readonly string[]): Notice => ({
  key: 'heldOpen',
  text: `has returned, but stays Running until its timers fire: ${timers.join(', ')}`,
  cure: 'cancel the timers that lost (timer.cancel()) before returning',
});

export const eventTakenByOldWait = (name: string): Notice => ({
  key: `oldWait:${name}`,
  text:
    `waits in a Task.any for the event '${name}', which came earlier and went to a wait of an earlier Task.any; ` +
    'Task.any does not return for a task that had completed before',
  cure: 'look at isCompleted of tasks that were waited for before, and yield only when none has completed',
  names: name,
});

export const eventUnreadable = (name: string): Notice => ({
  key: `unreadable:${name}`,
  text: `got an event '${name}' whose value begins with a $type or $ref that .NET cannot read; what follows the wait for it never runs`,
  cure: 'send values whose first member is not $type, $id, $ref or $values',
  names: name,
});

export const replacesRunning = (instanceId: string): Notice => ({
  key: `replaces:${instanceId}`,
  text: `calls a sub-orchestration with the id '${instanceId}' of a running instance, which it silently replaces`,
  cure: 'give sub-orchestrations ids that no other instance has',
});

export const versionNotRun = (
  version: string | null | undefined,
  { defaultVersion, versionMatchStrategy }: Pick<DurableSettings, 'defaultVersion' | 'versionMatchStrategy'>,
): Notice => ({
  key: 'version',
  text: `has version '${version ?? ''}', which this host does not run (host.json: defaultVersion '${defaultVersion ?? ''}', versionMatchStrategy ${versionMatchStrategy}); it waits`,
  cure: 'run a host with a matching defaultVersion, or set versionMatchStrategy',
});
