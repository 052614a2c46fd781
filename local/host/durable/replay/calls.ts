/** What one action asks of the engine; each call answers the task that the walk through the actions waits for. */
import { deterministicGuid } from '../guid.js';
import { entityOf, schedulerId } from '../entityId.js';
import { releaseText, requestText, type MessageLabels } from '../entities/messages.js';
import type { Action, DurableHttpRequest, RetryOptions } from './actions.js';
import { ActionType } from './actions.js';
import type { ReplayContext } from './context.js';
import * as notices from './notices.js';
import type { Notice } from './notices.js';
import type { ReplayFunctions, ReplaySettings } from './replay.js';
import { Task, completed, failed, run, whenAll, whenAny, type Body } from './task.js';

/** Name of the activity that callHttp runs; a name that no app can register. */
export const httpActivityName = 'BuiltIn::HttpActivity';

const jsonOf = (value: unknown): string | null =>
  value === undefined || value === null ? null : JSON.stringify(value);
const isoOf = (time: number): string => new Date(time).toISOString();

/** The orchestration whose actions are walked. */
export interface Caller {
  readonly instanceId: string;
  readonly executionId: string;
  readonly parentInstanceId: string | undefined;
}

/** Turns actions into tasks. `index` of an action is its place in the list, and only names it in notices. */
export class Calls {
  readonly #context: ReplayContext;
  readonly #caller: Caller;
  readonly #functions: ReplayFunctions;
  readonly #settings: ReplaySettings;
  readonly #note: (notice: Notice) => void;
  readonly #labels: MessageLabels;
  #guids = 0;
  #locks: string[] | undefined;
  #lockRequestId = '';
  /** Events that went to a wait whose Task.any had ended. */
  #takenByOldWait = new Set<string>();

  constructor(init: {
    context: ReplayContext;
    caller: Caller;
    functions: ReplayFunctions;
    settings: ReplaySettings;
    labels: MessageLabels;
    note: (notice: Notice) => void;
  }) {
    this.#context = init.context;
    this.#caller = init.caller;
    this.#functions = init.functions;
    this.#settings = init.settings;
    this.#labels = init.labels;
    this.#note = init.note;
  }

  /**
   * The task of one action.
   * @throws Error for what fails the orchestration at once: an unknown action, a signal to an unknown entity
   */
  invoke(action: Action, index: number): Task {
    switch (action.actionType) {
      case ActionType.CallActivity:
        return this.#activity(action, index, undefined);
      case ActionType.CallActivityWithRetry:
        return this.#activity(action, index, action.retryOptions);
      case ActionType.CallSubOrchestrator:
        return this.#subOrchestration(action, index, undefined);
      case ActionType.CallSubOrchestratorWithRetry:
        return this.#subOrchestration(action, index, action.retryOptions);
      case ActionType.ContinueAsNew:
        this.#context.continueAsNewInput = jsonOf(action.input);
        return completed();
      case ActionType.CreateTimer:
        return run(this.#timer(action.fireAt ?? isoOf(this.#context.now), action.isCanceled === true));
      case ActionType.WaitForExternalEvent:
        return this.#context.waitForEvent(action.externalEventName ?? '');
      case ActionType.CallEntity:
        return this.#callEntity(action, index);
      case ActionType.SignalEntity:
        this.#signalEntity(action, undefined);
        return completed();
      case ActionType.ScheduledSignalEntity:
        this.#signalEntity(action, action.fireAt);
        return completed();
      case ActionType.CallHttp:
        return run(this.#callHttp(action.httpRequest ?? { method: 'GET', uri: '' }));
      case ActionType.WhenAll:
        return whenAll((action.compoundActions ?? []).map((inner) => this.invoke(inner, index)));
      case ActionType.WhenAny:
        return this.#any(action.compoundActions ?? [], index);
      case ActionType.LockEntities:
        return run(this.#lock(action));
      case ActionType.ReleaseEntities:
        this.releaseLocks();
        return completed();
      default:
        throw new Error(
          `Received an unexpected action type from the out-of-proc function: '$${String(action.actionType)}'.`,
        );
    }
  }

  #activity(action: Action, index: number, retry: RetryOptions | undefined): Task {
    const name = action.functionName ?? '';
    if (!this.#functions.hasActivity(name)) {
      this.#note(notices.unknownFunction(index, 'activity', name));
      return failed(new Error(this.#functions.unknownActivity(name)));
    }
    if (typeof action.input === 'boolean') this.#note(notices.booleanInput(index, name));
    const call = (): Task => this.#context.scheduleTask(name, jsonOf(action.input));
    this.#context.countAction();
    return retry === undefined ? call() : run(this.#withRetry(call, retry, name));
  }

  #subOrchestration(action: Action, index: number, retry: RetryOptions | undefined): Task {
    const name = action.functionName ?? '';
    if (!this.#functions.hasOrchestrator(name)) {
      this.#note(notices.unknownFunction(index, 'orchestrator', name));
      return failed(new Error(this.#functions.unknownOrchestrator(name)));
    }
    const { instanceId } = action;
    const is = (other: string | undefined): boolean => other?.toLowerCase() === instanceId?.toLowerCase();
    if (instanceId !== undefined && instanceId !== null) {
      if (is(this.#caller.instanceId) || is(this.#caller.parentInstanceId) || instanceId.startsWith('@')) {
        this.#note(notices.childWithParentsId(instanceId));
        return failed(new Error('The instance ID of a sub-orchestration must be different than the instance ID of a parent orchestration.'));
      }
    }
    const call = (): Task =>
      this.#context.createSubOrchestration({
        name,
        version: action.version ?? this.#settings.defaultVersion,
        instanceId,
        executionId: this.#caller.executionId,
        input: jsonOf(action.input),
      });
    this.#context.countAction();
    return retry === undefined ? call() : run(this.#withRetry(call, retry, name));
  }

  /** Retries as the framework's RetryInterceptor does: a timer also follows the last failed attempt. */
  *#withRetry(call: () => Task, options: RetryOptions, name: string): Body {
    const began = this.#context.now;
    const attempts = options.maxNumberOfAttempts;
    let lastError: unknown;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const at = this.#context.nextId;
      try {
        return yield call();
      } catch (error) {
        lastError = error;
      }
      if (attempt + 1 === attempts) {
        yield this.#context.createTimer(isoOf(this.#context.now), false);
        break;
      }
      const timeout = options.retryTimeoutInMilliseconds;
      if (timeout !== undefined && this.#context.now >= began + timeout) {
        this.#note(notices.retryOutOfTime(at, name));
        break;
      }
      const delay = Math.min(
        options.firstRetryIntervalInMilliseconds * (options.backoffCoefficient ?? 1) ** attempt,
        options.maxRetryIntervalInMilliseconds ?? this.#settings.maximumShortTimerMs,
      );
      yield this.#context.createTimer(isoOf(this.#context.now + delay), false);
    }
    if (lastError !== undefined) throw lastError;
    return undefined;
  }

  /** A timer beyond the longest that storage can hold is made of several. */
  *#timer(fireAt: string, cancelled: boolean): Body {
    const at = Date.parse(fireAt);
    const context = this.#context;
    const { maximumShortTimerMs, longTimerIntervalMs } = this.#settings;
    if (at - context.now <= maximumShortTimerMs) {
      context.countAction();
      yield context.createTimer(fireAt, cancelled);
      return undefined;
    }
    let next = context.now + longTimerIntervalMs;
    while (context.now < at) {
      context.countAction();
      yield context.createTimer(isoOf(next), cancelled);
      const left = at - context.now;
      if (left <= 0 || cancelled) break;
      next = context.now + Math.min(left, longTimerIntervalMs);
    }
    return undefined;
  }

  *#callHttp(request: DurableHttpRequest): Body {
    const context = this.#context;
    const call = (one: DurableHttpRequest): Task => {
      context.countAction();
      return context.scheduleTask(httpActivityName, JSON.stringify(one), one);
    };
    let response = responseOf(yield call(request));
    while (response.statusCode === 202 && request.asynchronousPatternEnabled !== false) {
      const after = response.header('retry-after');
      const delay = after === undefined ? this.#settings.httpSleepMs : Number.parseInt(after, 10) * 1000;
      context.countAction();
      const location = response.header('location');
      yield context.createTimer(isoOf(context.now + delay), false);
      if (location === undefined) throw new Error("The given key 'Location' was not present in the dictionary.");
      const headers = Object.fromEntries(
        Object.entries(request.headers ?? {}).filter(([name]) => name.toLowerCase() !== 'x-functions-key'),
      );
      response = responseOf(
        yield call({ method: 'GET', uri: location, headers, ...(request.tokenSource ? { tokenSource: request.tokenSource } : {}) }),
      );
    }
    return response;
  }

  #newGuid(): string {
    const name = `${this.#caller.instanceId}_${isoOf(this.#context.now)}_${this.#guids}`;
    this.#guids += 1;
    return deterministicGuid(name);
  }

  #callEntity(action: Action, index: number): Task {
    const target = action.instanceId ?? '';
    const { name } = entityOf(target);
    if (!this.#functions.hasEntity(name)) {
      this.#note(notices.unknownFunction(index, 'entity', name));
      return failed(new Error(this.#functions.unknownEntity(name)));
    }
    const held = this.#locks?.indexOf(target) ?? -1;
    if (this.#locks !== undefined) {
      if (held < 0) return failed(new Error('While holding locks, cannot call entities whose lock is not held.'));
      this.#locks.splice(held, 1);
    }
    const locked = held >= 0;
    const id = this.#newGuid();
    this.#request(target, { op: action.operation ?? '', signal: false, input: jsonOf(action.input), id });
    return run(this.#entityAnswer(id, locked ? target : undefined));
  }

  *#entityAnswer(id: string, lock: string | undefined): Body {
    const text = yield this.#context.waitForEvent(id);
    if (lock !== undefined) this.#locks?.push(lock);
    const answer: unknown = typeof text === 'string' ? JSON.parse(text) : undefined;
    if (typeof answer === 'object' && answer !== null && 'exceptionType' in answer)
      throw new Error('The entity operation failed.');
    return undefined;
  }

  #signalEntity(action: Action, due: string | undefined): void {
    const target = action.instanceId ?? '';
    const { name } = entityOf(target);
    if (!this.#functions.hasEntity(name)) throw new Error(this.#functions.unknownEntity(name));
    if (this.#locks?.includes(target) === true)
      throw new Error('While holding locks, cannot signal entities whose lock is held.');
    const id = this.#newGuid();
    this.#request(target, { op: action.operation ?? '', signal: true, input: jsonOf(action.input), id }, due);
  }

  #request(
    target: string,
    message: { op: string; signal: boolean; input: string | null; id: string },
    due?: string,
  ): void {
    const { instanceId, executionId } = this.#caller;
    const text = requestText({
      ...message,
      parent: instanceId,
      parentExecution: executionId,
      ...(due === undefined ? this.#labels.next(target, this.#context.now) : { due }),
      requestTime: isoOf(this.#context.now),
    });
    this.#context.countAction();
    this.#context.sendEvent(target, due === undefined ? 'op' : `op@${due}`, text);
  }

  /** The first entity gets the request and hands it on; the last one answers. */
  *#lock(action: Action): Body {
    const set = (action.lockSet ?? []).map(({ name, key }) => ({ name: name.toLowerCase(), key }));
    for (const { name } of set)
      if (!this.#functions.hasEntity(name)) throw new Error(this.#functions.unknownEntity(name));
    const first = set[0];
    if (first === undefined) throw new Error('The list of entities to lock must not be null or empty.');
    if (this.#locks !== undefined) throw new Error('Cannot acquire more locks when already holding some locks.');
    const id = action.lockRequestId ?? this.#newGuid();
    const target = schedulerId(first);
    this.#lockRequestId = id;
    const text = requestText({
      op: null,
      signal: false,
      input: null,
      id,
      parent: this.#caller.instanceId,
      parentExecution: this.#caller.executionId,
      ...this.#labels.next(target, this.#context.now),
      lockset: set,
    });
    this.#context.countAction();
    this.#context.sendEvent(target, 'op', text);
    yield this.#context.waitForEvent(id);
    this.#locks = set.map(schedulerId);
    return undefined;
  }

  /** Gives back what is held; the extension also does so when an orchestration ends. */
  releaseLocks(): void {
    for (const target of this.#locks ?? []) {
      this.#context.countAction();
      this.#context.sendEvent(target, 'release', releaseText(this.#caller.instanceId, this.#lockRequestId));
    }
    this.#locks = undefined;
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

interface HttpAnswer {
  readonly statusCode: number;
  header(name: string): string | undefined;
}

function responseOf(result: unknown): HttpAnswer {
  const value: unknown = typeof result === 'string' ? JSON.parse(result) : undefined;
  const statusCode =
    typeof value === 'object' && value !== null && 'statusCode' in value && typeof value.statusCode === 'number'
      ? value.statusCode
      : 0;
  const headers: object =
    typeof value === 'object' && value !== null && 'headers' in value && typeof value.headers === 'object' && value.headers !== null
      ? value.headers
      : {};
  return {
    statusCode,
    header: (name) => {
      const found: unknown = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
      return typeof found === 'string' ? found : undefined;
    },
  };
}
