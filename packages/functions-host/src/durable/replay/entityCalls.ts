/**
 * Calls, signals and locks of entities: messages with an id each, and events that answer them (public source:
 * DurableOrchestrationContext.cs of the Durable Task extension).
 */
import { entityOf, schedulerId } from '../entityId.js';
import { MessageLabels, releaseText, requestMessageText } from '../entities/messages.js';
import { deterministicGuid } from '../guid.js';
import { jsonOf, type Action } from './actions.js';
import type { ReplayContext } from './context.js';
import { unknownFunction, type Notice } from './notices.js';
import { failed, run, type Body, type Task } from './task.js';
import type { Caller, ReplayFunctions } from './turn.js';

/** The entity calls of one orchestration. */
export class EntityCalls {
  readonly #context: ReplayContext;
  readonly #caller: Caller;
  readonly #functions: ReplayFunctions;
  readonly #note: (notice: Notice) => void;
  readonly #labels = new MessageLabels();
  #guids = 0;
  /** Locked entities without a call in progress. */
  #locks: string[] | undefined;
  #lockRequestId = '';

  constructor(context: ReplayContext, caller: Caller, functions: ReplayFunctions, note: (notice: Notice) => void) {
    this.#context = context;
    this.#caller = caller;
    this.#functions = functions;
    this.#note = note;
  }

  call(action: Action, index: number): Task {
    const target = action.instanceId ?? '';
    const { name } = entityOf(target);
    if (!this.#functions.hasEntity(name)) {
      this.#note(unknownFunction(index, 'entity', name));
      return failed(new Error(this.#functions.unknownEntity(name)));
    }
    const held = this.#locks?.indexOf(target) ?? -1;
    if (this.#locks !== undefined) {
      if (held < 0) return failed(new Error('While holding locks, cannot call entities whose lock is not held.'));
      this.#locks.splice(held, 1);
    }
    const id = this.#newGuid();
    this.#request(target, { op: action.operation ?? '', signal: false, input: jsonOf(action.input), id });
    return run(this.#answer(id, held < 0 ? undefined : target));
  }

  /** @throws Error if there is no such entity, or its lock is held; both fail the orchestration */
  signal(action: Action, due: string | undefined): void {
    const target = action.instanceId ?? '';
    const { name } = entityOf(target);
    if (!this.#functions.hasEntity(name)) throw new Error(this.#functions.unknownEntity(name));
    if (this.#locks?.includes(target) === true)
      throw new Error('While holding locks, cannot signal entities whose lock is held.');
    const id = this.#newGuid();
    this.#request(target, { op: action.operation ?? '', signal: true, input: jsonOf(action.input), id }, due);
  }

  /** The first entity gets the request and passes it on. The last one answers. */
  *lock(action: Action): Body {
    const set = (action.lockSet ?? []).map(({ name, key }) => ({ name: name.toLowerCase(), key }));
    for (const { name } of set)
      if (!this.#functions.hasEntity(name)) throw new Error(this.#functions.unknownEntity(name));
    const [first] = set;
    if (first === undefined) throw new Error('The list of entities to lock must not be null or empty.');
    if (this.#locks !== undefined) throw new Error('Cannot acquire more locks when already holding some locks.');
    const id = action.lockRequestId ?? this.#newGuid();
    const target = schedulerId(first);
    this.#lockRequestId = id;
    const text = requestMessageText({
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

  /** Releases all locks. The extension does the same when an orchestration ends. */
  releaseLocks(): void {
    for (const target of this.#locks ?? []) {
      this.#context.countAction();
      this.#context.sendEvent(target, 'release', releaseText(this.#caller.instanceId, this.#lockRequestId));
    }
    this.#locks = undefined;
  }

  *#answer(id: string, lock: string | undefined): Body {
    const text = yield this.#context.waitForEvent(id);
    if (lock !== undefined) this.#locks?.push(lock);
    const answer: unknown = typeof text === 'string' ? JSON.parse(text) : undefined;
    if (typeof answer === 'object' && answer !== null && 'exceptionType' in answer)
      throw new Error('The entity operation failed.');
    return undefined;
  }

  #request(
    target: string,
    message: { op: string; signal: boolean; input: string | null; id: string },
    due?: string,
  ): void {
    const text = requestMessageText({
      ...message,
      parent: this.#caller.instanceId,
      parentExecution: this.#caller.executionId,
      ...(due === undefined ? this.#labels.next(target, this.#context.now) : { due }),
      requestTime: new Date(this.#context.now).toISOString(),
    });
    this.#context.countAction();
    this.#context.sendEvent(target, due === undefined ? 'op' : `op@${due}`, text);
  }

  #newGuid(): string {
    const name = `${this.#caller.instanceId}_${new Date(this.#context.now).toISOString()}_${this.#guids}`;
    this.#guids += 1;
    return deterministicGuid(name);
  }
}
