/** Requests of actions to the engine. Each returns the task that the walk through the actions waits for. */
import { sameName } from '../../caseInsensitive.js';
import { ActionType, jsonOf, type Action, type RetryOptions } from './actions.js';
import type { ReplayContext } from './context.js';
import { EntityCalls } from './entityCalls.js';
import { httpCall } from './httpCall.js';
import * as notices from './notices.js';
import type { Notice } from './notices.js';
import { timer, withRetry } from './retries.js';
import { completed, failed, run, whenAll, whenAny, type Task } from './task.js';
import type { Caller, ReplayFunctions, ReplaySettings } from './turn.js';

/** Turns actions into tasks. The `index` of an action is its position in the list, and is used only in notices. */
export class Calls {
  readonly #context: ReplayContext;
  readonly #caller: Caller;
  readonly #functions: ReplayFunctions;
  readonly #settings: ReplaySettings;
  readonly #note: (notice: Notice) => void;
  readonly #entities: EntityCalls;
  /** Events that were taken by a wait whose Task.any had ended. */
  readonly #takenByOldWait = new Set<string>();

  constructor(init: {
    context: ReplayContext;
    caller: Caller;
    functions: ReplayFunctions;
    settings: ReplaySettings;
    note: (notice: Notice) => void;
  }) {
    this.#context = init.context;
    this.#caller = init.caller;
    this.#functions = init.functions;
    this.#settings = init.settings;
    this.#note = init.note;
    this.#entities = new EntityCalls(init.context, init.caller, init.functions, init.note);
  }

  /**
   * Creates the task of one action.
   * @throws Error that fails the orchestration immediately: an unknown action, or a signal to an unknown entity
   */
  invoke(action: Action, index: number): Task {
    const context = this.#context;
    switch (action.actionType) {
      case ActionType.CallActivity:
      case ActionType.CallActivityWithRetry:
        return this.#activity(action, index);
      case ActionType.CallSubOrchestrator:
      case ActionType.CallSubOrchestratorWithRetry:
        return this.#subOrchestration(action, index);
      case ActionType.ContinueAsNew:
        context.continueAsNewInput = jsonOf(action.input);
        return completed();
      case ActionType.CreateTimer: {
        const fireAt = action.fireAt ?? new Date(context.now).toISOString();
        return run(
          timer(context, fireAt, action.isCanceled === true, this.#settings, () =>
            this.#note(notices.afterLongTimer()),
          ),
        );
      }
      case ActionType.WaitForExternalEvent:
        return context.waitForEvent(action.externalEventName ?? '');
      case ActionType.CallEntity:
        return this.#entities.call(action, index);
      case ActionType.SignalEntity:
        this.#entities.signal(action, undefined);
        return completed();
      case ActionType.ScheduledSignalEntity:
        this.#entities.signal(action, action.fireAt ?? undefined);
        return completed();
      case ActionType.CallHttp:
        return run(httpCall(context, action.httpRequest ?? { method: 'GET', uri: '' }, this.#settings.httpSleepMs));
      case ActionType.WhenAll:
        return whenAll((action.compoundActions ?? []).map((inner) => this.invoke(inner, index)));
      case ActionType.WhenAny:
        return this.#any(action.compoundActions ?? [], index);
      case ActionType.LockEntities:
        return run(this.#entities.lock(action));
      case ActionType.ReleaseEntities:
        this.#entities.releaseLocks();
        return completed();
      default:
        throw new Error(
          `Received an unexpected action type from the out-of-proc function: '$${String(action.actionType)}'.`,
        );
    }
  }

  /** Releases the locks that the orchestration still holds at its end. */
  releaseLocks(): void {
    this.#entities.releaseLocks();
  }

  #activity(action: Action, index: number): Task {
    const name = action.functionName ?? '';
    if (!this.#functions.hasActivity(name)) {
      this.#note(notices.unknownFunction(index, 'activity', name));
      return failed(new Error(this.#functions.unknownActivity(name)));
    }
    if (typeof action.input === 'boolean') this.#note(notices.booleanInput(index, name));
    return this.#maybeRetried(name, action.retryOptions, () => this.#context.scheduleTask(name, jsonOf(action.input)));
  }

  #subOrchestration(action: Action, index: number): Task {
    const name = action.functionName ?? '';
    if (!this.#functions.hasOrchestrator(name)) {
      this.#note(notices.unknownFunction(index, 'orchestrator', name));
      return failed(new Error(this.#functions.unknownOrchestrator(name)));
    }
    const { instanceId } = action;
    if (typeof instanceId === 'string' && this.#isForbidden(instanceId)) {
      this.#note(notices.childWithParentsId(instanceId));
      return failed(new Error('The instance ID of a sub-orchestration must be different than its parent.'));
    }
    return this.#maybeRetried(name, action.retryOptions, () =>
      this.#context.createSubOrchestration({
        name,
        version: action.version ?? this.#settings.defaultVersion,
        instanceId,
        executionId: this.#caller.executionId,
        input: jsonOf(action.input),
      }),
    );
  }

  #isForbidden(childId: string): boolean {
    const is = (other: string | undefined): boolean => sameName(other, childId);
    return is(this.#caller.instanceId) || is(this.#caller.parentInstanceId) || childId.startsWith('@');
  }

  #maybeRetried(name: string, options: RetryOptions | undefined, call: () => Task): Task {
    this.#context.countAction();
    if (options === undefined || options === null) return call();
    const outOfTime = (id: number): void => this.#note(notices.retryOutOfTime(id, name));
    const noPause = (id: number): void => this.#note(notices.retryWithoutPause(id, name));
    return run(withRetry(this.#context, call, options, this.#settings.maximumShortTimerMs, outOfTime, noPause));
  }

  #any(actions: readonly Action[], index: number): Task {
    const waits: { name: string; task: Task }[] = [];
    const tasks = actions.map((inner) => {
      const task = this.invoke(inner, index);
      if (inner.actionType === ActionType.WaitForExternalEvent)
        waits.push({ name: inner.externalEventName ?? '', task });
      return task;
    });
    for (const { name, task } of waits)
      if (!task.isDone && this.#takenByOldWait.has(name)) this.#note(notices.eventTakenByOldWait(name));
    const result = whenAny(tasks);
    result.whenDone(() => {
      for (const { name, task } of waits) if (!task.isDone) task.whenDone(() => this.#takenByOldWait.add(name));
    });
    return result;
  }
}
