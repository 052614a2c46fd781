/**
 * A turn of an entity: takes the messages in its inbox, runs the operations that may run as one batch, and sends
 * answers and signals. A port of the extension's EntityMiddleware and TaskEntityShim (public source:
 * Azure/azure-functions-durable-extension).
 */
import type { HostClock } from '../../hostClock.js';
import type { LoadedApp } from '../../worker/app.js';
import { entityOf, schedulerId } from '../entityId.js';
import {
  parseRequest,
  releasingInstance,
  requestMessageText,
  responseText,
  type MessageLabels,
  type RequestMessage,
} from '../entities/messages.js';
import type { DurableFunctions } from '../functions.js';
import { EventType, eventRaised } from '../history.js';
import type { EntityState, Instance, Message } from '../hub/instance.js';
import type { EntityRecord, Outgoing } from '../hub/records.js';
import type { Notice } from '../replay/notices.js';
import type { DurableSettings } from '../settings.js';
import { randomUUID } from 'node:crypto';
import { jsonOfResult } from './typedData.js';

/** What an entity's turn needs from the host. */
export interface EntityHost {
  readonly app: Pick<LoadedApp, 'invoke'>;
  readonly functions: DurableFunctions;
  readonly settings: DurableSettings;
  readonly clock: HostClock;
  readonly strict: boolean;
  readonly labels: MessageLabels;
  nextMessageNumber(): number;
  notice(instance: Instance, notice: Notice): void;
}

interface OperationResult {
  isError: boolean;
  result?: string | null;
}

interface BatchResult {
  entityExists: boolean;
  entityState?: string | null;
  results: OperationResult[];
  signals: { target: { name: string; key: string }; name: string; input?: string; requestId?: string }[];
}

/** The answer to an operation that strict mode refuses. The log says why. */
const strictRefusal: OperationResult = { isError: true, result: '"refused in strict mode, see the log of the host"' };

/**
 * Takes one turn; undefined if there is nothing to do yet.
 * @param messages those of the inbox that it may take
 */
export async function entityTurn(
  host: EntityHost,
  instance: Instance,
  messages: readonly Message[],
): Promise<EntityRecord | undefined> {
  const now = host.clock.now().getTime();
  const due = messages.filter((message) => message.due === undefined || message.due <= now);
  const state = instance.entity ?? { exists: false, state: null, queue: [], lockedBy: null };
  if (due.length === 0 && !mayRun(state)) return undefined;
  return new EntityTurn(host, instance, { ...state, queue: [...state.queue] }).take(due);
}

/** Whether a queued request can run now. */
export function mayRun(state: EntityState): boolean {
  const [first] = state.queue;
  if (first === undefined) return false;
  return state.lockedBy === null || state.lockedBy === parseRequest(first)?.parent;
}

class EntityTurn {
  readonly #host: EntityHost;
  readonly #instance: Instance;
  readonly #entity: EntityState;
  readonly #out: Outgoing[] = [];
  readonly #at: string;

  constructor(host: EntityHost, instance: Instance, entity: EntityState) {
    this.#host = host;
    this.#instance = instance;
    this.#entity = entity;
    this.#at = host.clock.now().toISOString();
  }

  async take(messages: readonly Message[]): Promise<EntityRecord> {
    this.#receive(messages);
    const { operations, lock } = this.#batch();
    if (operations.length > 0) await this.#run(operations);
    if (lock !== undefined) this.#grant(lock);
    return {
      k: 'entity',
      i: this.#instance.id,
      at: this.#at,
      in: messages.map(({ n }) => n),
      entity: this.#entity,
      out: this.#out,
    };
  }

  /** Requests of the lock's owner go first. */
  #receive(messages: readonly Message[]): void {
    const holders: string[] = [];
    for (const { e } of messages) {
      if (e.EventType !== EventType.EventRaised || e.Input === null) continue;
      if (e.Name.startsWith('op')) {
        const request = parseRequest(e.Input);
        if (request === undefined) continue;
        if (this.#entity.lockedBy !== null && this.#entity.lockedBy === request.parent) holders.push(e.Input);
        else this.#entity.queue.push(e.Input);
      } else if (e.Name === 'release' && releasingInstance(e.Input) === this.#entity.lockedBy) {
        this.#entity.lockedBy = null;
      }
    }
    this.#entity.queue.unshift(...holders);
  }

  #batch(): { operations: RequestMessage[]; lock: RequestMessage | undefined } {
    const operations: RequestMessage[] = [];
    while (mayRun(this.#entity) && operations.length < this.#host.settings.maxEntityBatch) {
      const request = parseRequest(this.#entity.queue.shift() ?? null);
      if (request === undefined) continue;
      if (request.lockset !== undefined) return { operations, lock: request };
      operations.push(request);
    }
    return { operations, lock: undefined };
  }

  async #run(operations: readonly RequestMessage[]): Promise<void> {
    const self = entityOf(this.#instance.id);
    const found = this.#host.functions.entity(self.name);
    if (found === undefined) throw new Error(this.#host.functions.unknownEntity(self.name));
    const payload = JSON.stringify({
      self: { name: self.name, key: self.key },
      exists: this.#entity.exists,
      state: this.#entity.state,
      batch: operations.map(({ op, input, signal, id }) => ({ name: op, input, isSignal: signal, id })),
    });
    const { returnValue } = await this.#host.app.invoke(found.name, {
      inputData: [{ name: found.triggerName, data: { string: payload } }],
      triggerMetadata: {},
    });
    const result = parseBatch(jsonOfResult(returnValue));
    if (result === undefined) throw new Error('Out of proc orchestrators must return a valid JSON schema.');
    this.#entity.exists = result.entityExists;
    this.#entity.state = result.entityState ?? null;
    const refused = new Set(result.signals.filter((signal) => !this.#signal(signal)).map(({ requestId }) => requestId));
    for (const [index, request] of operations.entries())
      this.#answer(request, refused.has(request.id) ? strictRefusal : result.results[index]);
  }

  #answer(request: RequestMessage, result: OperationResult | undefined): void {
    if (request.signal || request.parent === undefined) return;
    const text = responseText(result?.result ?? null, result?.isError !== false);
    this.#send(request.parent, {
      ...(typeof request.parentExecution === 'string' ? { x: request.parentExecution } : {}),
      e: eventRaised(request.id, text, this.#at),
    });
  }

  /**
   * The target's name is used as it is, so a capital letter in it leads to another entity. Returns false if strict mode
   * refuses it.
   */
  #signal({ target, name, input }: BatchResult['signals'][number]): boolean {
    const to = `@${target.name}@${target.key}`;
    const canonical = schedulerId(target);
    if (to !== canonical)
      this.#host.notice(this.#instance, {
        key: `capital:${to}`,
        text: `signals '${to}' from inside an entity; that is another entity than '${canonical}', which orchestrators and clients reach by the same name`,
        cure: `write the name of the target in lower case: new EntityId('${target.name.toLowerCase()}', ...)`,
      });
    if (to !== canonical && this.#host.strict) return false;
    const text = requestMessageText({
      op: name,
      signal: true,
      input: input ?? null,
      id: randomUUID(),
      parent: this.#instance.id,
      ...this.#host.labels.next(to, Date.parse(this.#at)),
      requestTime: this.#at,
    });
    this.#send(to, { e: eventRaised('op', text, this.#at) });
    return true;
  }

  /**
   * Takes the lock, and passes the request to the next entity of the set, or tells the orchestration that it has all
   * locks.
   */
  #grant(request: RequestMessage): void {
    this.#entity.lockedBy = request.parent ?? '';
    const pos = (request.pos ?? 0) + 1;
    const next = request.lockset?.[pos];
    if (next !== undefined) {
      this.#send(schedulerId(next), { e: eventRaised('op', requestMessageText({ ...request, pos }), this.#at) });
      return;
    }
    this.#send(request.parent ?? '', {
      ...(typeof request.parentExecution === 'string' ? { x: request.parentExecution } : {}),
      e: eventRaised(request.id, responseText('Lock Acquisition Completed', false), this.#at),
    });
  }

  #send(to: string, message: Omit<Message, 'n'>): void {
    this.#out.push({ to, m: { n: this.#host.nextMessageNumber(), ...message } });
  }
}

function parseBatch(json: string | null): BatchResult | undefined {
  const value: unknown = json === null ? undefined : JSON.parse(json);
  if (typeof value !== 'object' || value === null || !('results' in value) || !Array.isArray(value.results))
    return undefined;
  const { entityExists, entityState, results, signals } = value as Partial<BatchResult>;
  return {
    entityExists: entityExists === true,
    entityState: entityState ?? null,
    results: results ?? [],
    signals: signals ?? [],
  };
}
