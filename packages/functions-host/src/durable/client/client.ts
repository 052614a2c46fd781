/**
 * Operations of a durable client on the task hub. Each change is on disk when its promise resolves (public source:
 * DurableClient.cs of the Durable Task extension).
 */
import { randomUUID } from 'node:crypto';

import type { Engine } from '../engine/engine.js';
import { isSchedulerId, schedulerId, type EntityId } from '../entityId.js';
import { ArchiveDamagedError } from '../../store/archive.js';
import { requestMessageText } from '../entities/messages.js';
import { newExecutionId } from '../guid.js';
import { EventType, eventRaised, executionStarted, type HistoryEvent } from '../history.js';
import { isEnded, type Instance, type Outline, type RuntimeStatus } from '../hub/instance.js';
import { idOf } from '../hub/sortedIds.js';
import { planRewind, type NotRun } from './rewind.js';

/** The id belongs to an instance that has not ended. */
export class InstanceExistsError extends Error {
  override readonly name = 'InstanceExistsError';
}

/** The instance's state does not allow the operation. */
export class WrongStateError extends Error {
  override readonly name = 'WrongStateError';
}

/** Conditions of a query; an instance must match all of them. */
export interface InstanceQuery {
  prefix?: string;
  /** Milliseconds of a date. */
  from?: number;
  to?: number;
  statuses?: ReadonlySet<RuntimeStatus>;
  top?: number;
  /** Only ids after this one. */
  after?: string;
}

const defaultPage = 100;
/** Sorts before every id. */
export const beforeAll = '\0';

/**
 * Milliseconds that a client's signal takes. On the real host it passes a queue that is polled, so a caller may not
 * expect its effect immediately.
 */
const signalDelay = 150;

/** Client of one task hub. */
export class Client {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Finds an instance, once its state is on disk. */
  async find(id: string): Promise<Instance | undefined> {
    const { hub } = this.#engine;
    const instance = hub.outline(id)?.isVisible === true ? hub.find(id) : undefined;
    if (instance === undefined) return undefined;
    await this.#engine.confirmed(instance.seq);
    return instance;
  }

  /**
   * Starts an orchestration. Whether the app has one of that name is only checked in its first turn.
   * @throws InstanceExistsError
   */
  async start(init: {
    name: string;
    id?: string;
    input: string | null;
    version?: string | null;
    /** A new one by default. */
    executionId?: string;
  }): Promise<string> {
    const { hub, settings } = this.#engine;
    const id = init.id === undefined || init.id === '' ? newExecutionId() : init.id;
    const before = hub.outline(id);
    if (before !== undefined && settings.notOverridable.has(before.status))
      throw new InstanceExistsError(`An Orchestration instance with the status ${before.status} already exists.`);
    const generation = before === undefined ? 0 : before.generation === null ? null : before.generation + 1;
    const e = executionStarted({
      instanceId: id,
      executionId: init.executionId ?? randomUUID(),
      name: init.name,
      version: init.version ?? settings.defaultVersion,
      input: init.input,
      parent: null,
      generation,
      timestamp: this.#engine.now().toISOString(),
    });
    await this.#save({ k: 'start', i: id, m: { n: hub.nextMessageNumber(), e } });
    return id;
  }

  /**
   * Starts an instance's orchestration again with the same input.
   * @returns the id, or undefined if there is no such instance
   */
  async restart(id: string, withNewId: boolean): Promise<string | undefined> {
    const instance = await this.find(id);
    if (instance === undefined) return undefined;
    const { name, input, version } = instance;
    // A restart's execution has an id without dashes, which default ids of children contain.
    return this.start({ name, input, version, executionId: newExecutionId(), ...(withNewId ? {} : { id }) });
  }

  async raiseEvent(id: string, name: string, input: string | null): Promise<void> {
    await this.#message(id, eventRaised(name, input, this.#engine.now().toISOString()));
  }

  /** An instance that waits for its first turn (its version may never match) ends immediately. */
  async terminate(instance: Instance, reason: string | null): Promise<void> {
    const { id } = instance;
    const at = this.#engine.now().toISOString();
    if (instance.started)
      await this.#message(id, { EventType: EventType.ExecutionTerminated, Input: reason, ...this.#base() });
    else await this.#save({ k: 'cancel', i: id, at, reason });
  }

  /** @throws WrongStateError if it is already suspended */
  async suspend(instance: Instance, reason: string | null): Promise<void> {
    if (instance.status === 'Suspended')
      throw new WrongStateError(
        `Cannot suspend the orchestration instance ${instance.id} because instance is in the ${instance.status} state.`,
      );
    await this.#message(instance.id, { EventType: EventType.ExecutionSuspended, Reason: reason, ...this.#base() });
  }

  /** @throws WrongStateError if it is not suspended */
  async resume(instance: Instance, reason: string | null): Promise<void> {
    if (instance.status !== 'Suspended')
      throw new WrongStateError(
        `Cannot resume the orchestration instance ${instance.id} because instance is in the ${instance.status} state.`,
      );
    await this.#message(instance.id, { EventType: EventType.ExecutionResumed, Reason: reason, ...this.#base() });
  }

  /**
   * Runs the failed parts of a failed instance again.
   * @param onNotRun is called first if the real host would accept the request and not run all of it; what it throws
   * ends the rewind
   * @returns false if the real host would refuse the request
   */
  async rewind(id: string, reason: string | null, onNotRun?: (notRun: NotRun) => void): Promise<boolean> {
    const { hub } = this.#engine;
    const { record, isRefused, notRun } = planRewind(hub, id, reason, this.#engine.now().toISOString());
    if (notRun !== undefined) onNotRun?.(notRun);
    await this.#save(record);
    return !isRefused;
  }

  /** Deletes one instance. */
  async purge(id: string): Promise<void> {
    await this.#save({ k: 'purge', i: [id] });
  }

  /**
   * Deletes ended instances.
   * @returns their number
   */
  async purgeMany(query: InstanceQuery): Promise<number> {
    const ids: string[] = [];
    for (const [id, { status }] of this.#matching(query)) if (isEnded(status)) ids.push(id);
    if (ids.length > 0) await this.#save({ k: 'purge', i: ids });
    return ids.length;
  }

  /**
   * The status of an instance, once it is on disk. It reads no archive, so that an instance whose record is damaged can
   * be purged.
   */
  async statusOf(id: string): Promise<{ readonly status: RuntimeStatus; readonly isEntity: boolean } | undefined> {
    const archived = this.#engine.hub.archived.get(id);
    if (archived !== undefined) return { status: archived.status, isEntity: false };
    const instance = await this.find(id);
    return instance && { status: instance.status, isEntity: instance.entity !== undefined };
  }

  /**
   * A page of instances in the order of their ids. `next` is set if there are more. An instance whose record is damaged
   * is left out, and logged: all but its status is unknown.
   */
  async list(query: InstanceQuery): Promise<{ instances: Instance[]; next?: string }> {
    const top = query.top ?? defaultPage;
    const ids: string[] = [];
    let more = false;
    for (const [id] of this.#matching(query)) {
      if (ids.length === top) {
        more = true;
        break;
      }
      ids.push(id);
    }
    const instances = ids.flatMap((id) => this.#readable(id) ?? []);
    await this.#engine.confirmed(Math.max(0, ...instances.map(({ seq }) => seq)));
    // A page of none goes on where it began.
    const last = ids.at(-1) ?? query.after ?? beforeAll;
    return { instances, ...(more ? { next: last } : {}) };
  }

  #readable(id: string): Instance | undefined {
    try {
      return this.#engine.hub.find(id);
    } catch (error) {
      if (!(error instanceof ArchiveDamagedError)) throw error;
      this.#engine.unreadable(id, error);
      return undefined;
    }
  }

  /** Sends an operation to an entity. Its result is not returned. */
  async signalEntity(entity: EntityId, operation: string, input: string | null): Promise<void> {
    const now = this.#engine.now();
    const at = now.toISOString();
    const text = requestMessageText({ op: operation, signal: true, input, id: randomUUID(), requestTime: at });
    await this.#message(schedulerId(entity), eventRaised('op', text, at), now.getTime() + signalDelay);
  }

  /** Existing entities, with one name or all, in the order of their ids. */
  entities(name: string | undefined): Instance[] {
    const prefix = name === undefined ? '@' : `@${name.toLowerCase()}@`;
    const { instances } = this.#engine.hub;
    return [...this.#matching({ prefix })].flatMap(([id]) => {
      const instance = isSchedulerId(id) ? instances.get(id) : undefined;
      return instance?.entity?.exists === true ? [instance] : [];
    });
  }

  *#matching(query: InstanceQuery): Generator<readonly [string, Outline]> {
    const { hub } = this.#engine;
    const items = hub.ids.all();
    const [from, to] = hub.ids.range(query);
    for (let index = from; index < to; index += 1) {
      const item = items[index];
      if (item === undefined) continue;
      const id = idOf(item);
      const outline = typeof item === 'string' ? hub.outline(item) : item;
      if (outline?.isVisible !== true) continue;
      if (query.from !== undefined && outline.created < query.from) continue;
      if (query.to !== undefined && outline.created > query.to) continue;
      if (query.statuses !== undefined && !query.statuses.has(outline.status)) continue;
      yield [id, outline];
    }
  }

  #base(): { EventId: -1; IsPlayed: false; Timestamp: string } {
    return { EventId: -1, IsPlayed: false, Timestamp: this.#engine.now().toISOString() };
  }

  async #message(id: string, e: HistoryEvent, due?: number): Promise<void> {
    const m = { n: this.#engine.nextMessageNumber(), e, ...(due === undefined ? {} : { due }) };
    await this.#save({ k: 'message', i: id, m });
  }

  async #save(record: Parameters<Engine['commit']>[0]): Promise<void> {
    await this.#engine.request(record);
  }
}
