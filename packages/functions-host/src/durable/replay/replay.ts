/**
 * Decides one turn of an orchestration: the history with this turn's messages, and the executor's answer, become new
 * tasks and possibly an end. A pure function; a port of the framework's TaskOrchestrationExecutor with the extension's
 * shim for executors in other languages (public source: Azure/durabletask, Azure/azure-functions-durable-extension).
 */
import { EventType, type EventRaisedEvent, type FailureDetails, type HistoryEvent } from '../history.js';
import { storedJson } from '../json/stored.js';
import { ActionType, jsonOf, type Action, type OrchestratorState } from './actions.js';
import { Calls } from './calls.js';
import { ReplayContext } from './context.js';
import { OrchestrationStatus } from './decisions.js';
import { NonDeterminismError, checkScheduled } from './nonDeterminism.js';
import * as notices from './notices.js';
import type { Notice } from './notices.js';
import { Task, run, type Body } from './task.js';
import type { ReplayInput, ReplayResult } from './turn.js';

/** Maximum custom status, in KB of UTF-16 (public source: DurableOrchestrationContext.SetCustomStatus). */
const maxCustomStatusKb = 16;
const customStatusWarningCharacters = 6_500;

class Failure extends Error {
  readonly details: string | null;
  readonly failureDetails: FailureDetails | null;

  constructor(message: string, details: string | null, failureDetails: FailureDetails | null = null) {
    super(message);
    this.details = details;
    this.failureDetails = failureDetails;
  }
}

/** Decides a turn. */
export function replay(input: ReplayInput): ReplayResult {
  return new Replay(input).decide();
}

class Replay {
  readonly #input: ReplayInput;
  readonly #context: ReplayContext;
  readonly #calls: Calls;
  readonly #notices: Notice[] = [];
  #customStatus: string | null = null;
  #result = new Task();
  #waitingFor: Action | undefined;
  #behind = 0;
  #suspendedEvents: HistoryEvent[] = [];

  constructor(input: ReplayInput) {
    this.#input = input;
    this.#context = new ReplayContext(input.settings.maxActions);
    this.#calls = new Calls({
      context: this.#context,
      caller: input,
      functions: input.functions,
      settings: input.settings,
      note: (notice) => this.#notices.push(notice),
    });
  }

  decide(): ReplayResult {
    const context = this.#context;
    try {
      for (const event of this.#input.history) {
        if (event.EventType === EventType.OrchestratorStarted) context.now = Date.parse(event.Timestamp);
        else this.#process(event);
      }
      if (context.open.size === 0 && this.#result.isDone) this.#end();
      this.#lookBack();
    } catch (error) {
      if (!(error instanceof NonDeterminismError)) throw error;
      if (this.#actions().some(hasRetryInside)) this.#notices.push(notices.retryInCompound());
      context.complete(OrchestrationStatus.Failed, error.message, { details: error.details, failureDetails: null });
    }
    return {
      decisions: [...context.decisions.values()].sort((a, b) => a.id - b.id),
      customStatus: this.#customStatus,
      carryOver: context.carryOver,
      notices: this.#notices,
      suspended: context.suspended,
    };
  }

  #end(): void {
    const { value } = this.#result;
    if (!this.#result.isFailed) {
      if (this.#context.continueAsNewInput !== undefined) {
        const waiting = [...this.#context.buffered.values()].map(({ name }) => name);
        if (waiting.length > 0) this.#notices.push(notices.eventsDropped(waiting));
      }
      this.#context.complete(OrchestrationStatus.Completed, typeof value === 'string' ? value : null);
      return;
    }
    const error = value instanceof Error ? value : new Error(String(value));
    const { details, failureDetails } =
      error instanceof Failure
        ? error
        : { details: `Unhandled exception while executing orchestration: ${error.message}`, failureDetails: null };
    this.#context.complete(OrchestrationStatus.Failed, error.message, { details, failureDetails });
  }

  /** Records notices about the finished turn. */
  #lookBack(): void {
    const waitingFor = this.#waitingFor;
    if (waitingFor !== undefined && this.#behind > 0 && hasRetryInside(waitingFor))
      this.#notices.push(notices.undoNeverRuns(this.#behind));
    if (!this.#result.isDone || this.#context.open.size === 0 || this.#context.ended) return;
    const timers = [...this.#input.history].flatMap((event) =>
      event.EventType === EventType.TimerCreated && this.#context.open.has(event.EventId) ? [event.FireAt] : [],
    );
    for (const [id, decision] of this.#context.decisions)
      if (decision.kind === 'timer' && this.#context.open.has(id)) timers.push(decision.fireAt);
    if (timers.length > 0) this.#notices.push(notices.heldOpen(timers));
  }

  #actions(): readonly Action[] {
    const { outcome } = this.#input;
    return outcome.kind === 'broken' ? [] : (outcome.state.actions[0] ?? []);
  }

  #process(event: HistoryEvent): void {
    const context = this.#context;
    if (
      context.suspended &&
      event.EventType !== EventType.ExecutionResumed &&
      event.EventType !== EventType.ExecutionTerminated
    ) {
      if (event.EventType !== EventType.ExecutionSuspended) this.#suspendedEvents.push(event);
      return;
    }
    switch (event.EventType) {
      case EventType.ExecutionStarted:
        this.#result = run(this.#execute());
        return;
      case EventType.ExecutionTerminated:
        context.complete(OrchestrationStatus.Terminated, event.Input);
        return;
      case EventType.TaskScheduled:
      case EventType.SubOrchestrationInstanceCreated:
      case EventType.TimerCreated:
      case EventType.EventSent:
        checkScheduled(event, context.decisions.get(event.EventId));
        context.decisions.delete(event.EventId);
        return;
      case EventType.TaskCompleted:
      case EventType.SubOrchestrationInstanceCompleted:
        context.endTask(event.TaskScheduledId, (task) => task.complete(event.Result));
        return;
      case EventType.TaskFailed:
      case EventType.SubOrchestrationInstanceFailed:
        context.endTask(event.TaskScheduledId, (task) => task.fail(new Error(event.Reason)));
        return;
      case EventType.TimerFired:
        context.endTask(event.TimerId, (task) => task.complete());
        return;
      case EventType.EventRaised:
        this.#raise(event);
        return;
      case EventType.ExecutionSuspended:
        context.suspend();
        return;
      case EventType.ExecutionResumed:
        context.resume();
        for (const held of this.#suspendedEvents.splice(0)) this.#process(held);
        return;
      case EventType.ExecutionCompleted:
      case EventType.OrchestratorStarted:
      case EventType.OrchestratorCompleted:
      case EventType.GenericEvent:
        return;
    }
  }

  #raise(event: EventRaisedEvent): void {
    const context = this.#context;
    if (context.continueAsNewInput !== undefined) context.carryOver.push(event);
    else if (context.raiseEvent(event.Name, event.Input) !== undefined)
      this.#notices.push(notices.eventUnreadable(event.Name));
  }

  /** The extension's side of the orchestrator function: its status, its actions in order, its end. */
  *#execute(): Body {
    const { name, outcome, functions } = this.#input;
    if (!functions.hasOrchestrator(name))
      throw new Failure(`Orchestrator function '${name}' failed: ${functions.unknownOrchestrator(name)}`, null);
    if (outcome.kind === 'broken')
      throw new Failure(`Orchestrator function '${name}' failed: ${outcome.message}`, outcome.details);
    let output: unknown;
    try {
      output = yield* this.#walk(outcome.state);
    } catch (error) {
      if (error instanceof Failure || outcome.kind === 'threw') throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new Failure(`Orchestrator function '${name}' failed: ${message}`, this.#input.serialiseException(message));
    }
    this.#calls.releaseLocks();
    return output;
  }

  *#walk(state: OrchestratorState): Body {
    this.#setCustomStatus(state.customStatus);
    const actions = state.actions[0] ?? [];
    for (const [index, action] of actions.entries()) {
      const task = this.#calls.invoke(action, index);
      if (!task.isDone) {
        this.#waitingFor = action;
        this.#behind = actions.length - index - 1;
      }
      try {
        yield task;
      } catch {
        // The executor has handled the failed task; the walk only waits for it.
      }
      this.#waitingFor = undefined;
    }
    const { outcome, name } = this.#input;
    if (typeof state.error === 'string' && state.error !== '') {
      const trace = outcome.kind === 'threw' ? outcome.trace : '';
      throw new Failure(
        `Orchestrator function '${name}' failed: ${state.error}`,
        `Message: ${state.error}, StackTrace: ${trace}`,
        structured(state.failureDetails),
      );
    }
    if (state.isDone) return jsonOf(state.output);
    if (outcome.kind === 'threw') this.#notices.push(notices.thrownWithoutMessage());
    yield new Task();
    return null;
  }

  #setCustomStatus(status: unknown): void {
    if (status === undefined || status === null) return;
    const json = storedJson(JSON.stringify(status));
    const kb = Math.floor((json.length * 2) / 1024);
    if (kb > maxCustomStatusKb)
      throw new Error(
        `The UTF-16 size of the JSON-serialized payload must not exceed ${maxCustomStatusKb} KB. The current payload size is ${kb} KB.`,
      );
    if (json.length > customStatusWarningCharacters) this.#notices.push(notices.customStatusNearLimit(json.length));
    this.#customStatus = json;
  }
}

/** All fields in the form of a history. */
function structured(given: Partial<FailureDetails> | undefined): FailureDetails | null {
  if (given === undefined || given === null) return null;
  return {
    ErrorType: given.ErrorType ?? 'Error',
    ErrorMessage: given.ErrorMessage ?? '',
    StackTrace: given.StackTrace ?? null,
    InnerFailure: given.InnerFailure ?? null,
    IsNonRetriable: given.IsNonRetriable === true,
    Properties: given.Properties ?? null,
  };
}

/** Whether a compound action contains a call with retries, at any depth. */
function hasRetryInside(action: Action): boolean {
  return (action.compoundActions ?? []).some(
    (inner) =>
      inner.actionType === ActionType.CallActivityWithRetry ||
      inner.actionType === ActionType.CallSubOrchestratorWithRetry ||
      hasRetryInside(inner),
  );
}
