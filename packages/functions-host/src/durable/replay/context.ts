/**
 * The state of one replay: the counter that gives tasks their ids, the decisions that history has not confirmed, the
 * open tasks, and events that wait or are waited for. A port of the Durable Task framework's TaskOrchestrationContext
 * and of the extension's DurableOrchestrationContext (public sources: Azure/durabletask,
 * Azure/azure-functions-durable-extension). The order of ids must be the same as theirs, because the SDK counts along.
 */
import type { Complete, Decision, EndStatus } from './decisions.js';
import { OrchestrationStatus } from './decisions.js';
import type { EventRaisedEvent } from '../history.js';
import { unreadable, type JsonMetadataError } from '../json/leadingMetadata.js';
import { Task, completed } from './task.js';

type Failed = Pick<Complete, 'details' | 'failureDetails'>;
const noFailure: Failed = { details: null, failureDetails: null };

interface Wait {
  readonly task: Task;
  readonly next: Wait | undefined;
}

/** The state of one replay. */
export class ReplayContext {
  /** The orchestration's time, ms. */
  now = 0;
  readonly decisions = new Map<number, Decision>();
  /** Tasks that prevent the orchestration from ending. */
  readonly open = new Map<number, Task>();
  /** Events that nothing waits for yet, by name in lower case. */
  readonly buffered = new Map<string, { name: string; inputs: (string | null)[] }>();
  /** Events that arrived after the orchestration continued as new. */
  readonly carryOver: EventRaisedEvent[] = [];
  /** True while the orchestration waits for a timer of more than six days, or if such a timer was cancelled. */
  inLongTimer = false;
  suspended = false;
  ended = false;
  continueAsNewInput: string | null | undefined;
  #nextId = 0;
  #actions = 0;
  #heldBack = new Map<number, Decision>();
  #waits = new Map<string, Wait>();
  readonly #maxActions: number;

  constructor(maxActions: number) {
    this.#maxActions = maxActions;
  }

  get nextId(): number {
    return this.#nextId;
  }

  /** @throws Error if the orchestration has requested more actions than the app's host.json allows */
  countAction(): void {
    if (this.#actions >= this.#maxActions)
      throw new Error(
        `Maximum amount of orchestration actions (${this.#maxActions}) has been reached. This value can be configured in host.json file as MaxOrchestrationActions.`,
      );
    this.#actions += 1;
  }

  scheduleTask(name: string, input: string | null): Task {
    const id = this.#nextId++;
    this.decisions.set(id, { kind: 'task', id, name, input });
    return this.#openTask(id);
  }

  /**
   * Creates a timer. `early`: it fires in whole seconds, as in storage. A cancelled timer still takes an id, is written
   * and fires, but nothing waits for it.
   */
  createTimer(fireAt: string, cancelled: boolean, early = false): Task {
    const id = this.#nextId++;
    // .NET writes no zeros at the end of a fraction.
    const at = fireAt.replace(/\.0+Z$/, 'Z').replace(/(\.\d*?)0+Z$/, '$1Z');
    this.decisions.set(id, { kind: 'timer', id, fireAt: at, ...(early ? { early } : {}) });
    return cancelled ? completed() : this.#openTask(id);
  }

  createSubOrchestration(init: {
    name: string;
    version: string | null;
    instanceId: string | undefined;
    executionId: string;
    input: string | null;
  }): Task {
    const id = this.#nextId++;
    const { name, version, input } = init;
    const given = init.instanceId?.trim() ?? '';
    const instanceId = given === '' ? `${init.executionId}:${id}` : (init.instanceId ?? '');
    this.decisions.set(id, { kind: 'sub', id, name, version, instanceId, input });
    return this.#openTask(id);
  }

  sendEvent(instanceId: string, name: string, input: string | null): void {
    const id = this.#nextId++;
    this.decisions.set(id, { kind: 'event', id, instanceId, name, input });
  }

  #openTask(id: number): Task {
    const task = new Task();
    this.open.set(id, task);
    return task;
  }

  /** Ends an open task. A task that is not open was already answered, and stays as it is. */
  endTask(id: number, end: (task: Task) => void): void {
    const task = this.open.get(id);
    if (task === undefined) return;
    end(task);
    this.open.delete(id);
  }

  /** Waits for an event. The latest wait gets the next event of its name; names ignore case. */
  waitForEvent(name: string): Task {
    const key = name.toLowerCase();
    const task = new Task();
    this.#waits.set(key, { task, next: this.#waits.get(key) });
    const waiting = this.buffered.get(key);
    if (waiting !== undefined) {
      const input = waiting.inputs.shift() ?? null;
      if (waiting.inputs.length === 0) this.buffered.delete(key);
      const why = this.raiseEvent(name, input);
      if (why !== undefined) throw why;
    }
    return task;
  }

  /**
   * Gives an event to the wait for it. What .NET cannot read ends the wait, which then never completes.
   * @returns why it cannot be read
   */
  raiseEvent(name: string, input: string | null): JsonMetadataError | undefined {
    const key = name.toLowerCase();
    const wait = this.#waits.get(key);
    if (wait !== undefined) {
      if (wait.next === undefined) this.#waits.delete(key);
      else this.#waits.set(key, wait.next);
      const why = input === null ? undefined : unreadable(input);
      if (why === undefined) wait.task.complete(input);
      return why;
    }
    const waiting = this.buffered.get(key);
    if (waiting === undefined) this.buffered.set(key, { name, inputs: [input] });
    else waiting.inputs.push(input);
    return undefined;
  }

  suspend(): void {
    this.suspended = true;
    for (const [id, decision] of this.decisions) this.#heldBack.set(id, decision);
    this.decisions.clear();
  }

  resume(): void {
    this.suspended = false;
    for (const [id, decision] of this.#heldBack) this.decisions.set(id, decision);
    this.#heldBack.clear();
  }

  complete(status: EndStatus, result: string | null, failure: Failed = noFailure): void {
    const id = this.#nextId++;
    let decision: Complete;
    if (status === OrchestrationStatus.Completed && this.continueAsNewInput !== undefined) {
      decision = {
        kind: 'complete',
        id,
        status: OrchestrationStatus.ContinuedAsNew,
        result: this.continueAsNewInput,
        ...noFailure,
      };
    } else {
      if (this.ended) return;
      this.ended = true;
      decision = { kind: 'complete', id, status, result, ...failure };
    }
    this.decisions.set(id, decision);
  }
}
