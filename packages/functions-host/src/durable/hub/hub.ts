/**
 * All instances. They change only through records. The same code applies a record when it is created and when it is
 * read back at start, so that a host recovers the state of the one that was killed.
 */
import { isSchedulerId } from '../entityId.js';
import { EventType, turnMark, type ExecutionStartedEvent, type HistoryEvent } from '../history.js';
import type { FileArchive } from '../../store/archive.js';
import { fromArchive } from './archiveForm.js';
import { earlierRunOf } from './earlierRun.js';
import { ArchivedInstance, ArchivedInstances } from './archivedInstances.js';
import { EndedInstances } from './endedInstances.js';
import {
  historyOf,
  isEnded,
  newInstance,
  outlineOf,
  restoredInstance,
  type Instance,
  type Message,
  type Outline,
  type PendingTask,
} from './instance.js';
import { packHistory } from './packedHistory.js';
import {
  statusNames,
  type ArchiveEntry,
  type EntityRecord,
  type HubRecord,
  type RewindRecord,
  type TurnRecord,
} from './records.js';
import { SortedIds } from './sortedIds.js';
import { applyMessage, applyNext, applyScheduled, taken } from './turnEffects.js';

/** Receives notifications of new work. Not called while records are read back. */
export interface HubListener {
  /** The instance has messages in its inbox. */
  ready(instance: Instance): void;
  task(instance: Instance, task: PendingTask): void;
  timer(instance: Instance, id: number, fireAt: string): void;
  /** A child took the id of a running instance. */
  replaced(instance: Instance, by: ExecutionStartedEvent): void;
}

/** The state of all instances of one app. */
export class TaskHub {
  /** Those in memory. A finished one is either here or in the archive. */
  readonly instances = new Map<string, Instance>();
  /** The finished ones among them. */
  readonly ended = new EndedInstances();
  /** The index of those in the archive. */
  readonly archived = new ArchivedInstances();
  /** Ids of all instances; archived ones with their outlines. */
  readonly ids = new SortedIds<ArchivedInstance>();
  listener: HubListener | undefined;
  #lastMessage = 0;
  readonly #archive: Pick<FileArchive, 'read'> | undefined;

  /** @param archive where the records' archived instances are; without one, records may have none */
  constructor(archive?: Pick<FileArchive, 'read'>) {
    this.#archive = archive;
  }

  nextMessageNumber(): number {
    this.#lastMessage += 1;
    return this.#lastMessage;
  }

  /** What is known of an instance without reading the archive. */
  outline(id: string): Outline | undefined {
    const instance = this.instances.get(id);
    return instance === undefined ? this.archived.get(id) : outlineOf(instance);
  }

  /**
   * An instance, also one in the archive: then a copy, which never changes.
   * @throws ArchiveDamagedError
   */
  find(id: string): Instance | undefined {
    const instance = this.instances.get(id);
    if (instance !== undefined) return instance;
    const place = this.archived.get(id);
    if (place === undefined) return undefined;
    if (this.#archive === undefined) throw new Error(`Instance '${id}' is in an archive, which was not opened.`);
    return fromArchive(this.#archive.read(place), id);
  }

  /** Applies a record with its number in the journal. */
  apply(record: HubRecord, seq: number): void {
    switch (record.k) {
      case 'start':
        this.#count(record.m);
        this.#start(record.i, record.m, seq, false);
        return;
      case 'message':
        this.#deliver(record.i, record.m, seq);
        return;
      case 'turn':
        this.#turn(record, seq);
        for (const { to, m } of record.out) this.#deliver(to, m, seq);
        return;
      case 'entity':
        this.#entity(record, seq);
        for (const { to, m } of record.out) this.#deliver(to, m, seq);
        return;
      case 'rewind':
        this.#rewind(record, seq);
        return;
      case 'cancel': {
        const instance = this.instances.get(record.i);
        if (instance === undefined || instance.started) return;
        instance.status = 'Terminated';
        instance.output = record.reason;
        instance.updated = record.at;
        instance.seq = seq;
        this.#pack(instance);
        return;
      }
      case 'purge':
        for (const id of record.i) this.#remove(id);
        return;
      case 'checkpoint':
        for (const message of record.s.inbox) this.#count(message);
        this.#restore(restoredInstance(record.s, seq));
        return;
      case 'archive':
        for (const entry of record.e) this.#archived(entry);
        return;
      default:
        throw new Error(
          `The journal has a record of the kind ${JSON.stringify((record as { k?: unknown }).k)}, which this version of the host does not know. ` +
            'Start the version that wrote it, or delete the data folder to start empty.',
        );
    }
  }

  /** A timer is due. */
  fireTimer(instance: Instance, id: number, at: string): void {
    const fireAt = instance.timers.get(id);
    if (fireAt === undefined) return;
    const e: HistoryEvent = {
      EventType: EventType.TimerFired,
      TimerId: id,
      FireAt: fireAt,
      EventId: -1,
      IsPlayed: false,
      Timestamp: at,
    };
    instance.inbox.push({ n: 0, x: instance.executionId, e });
    this.listener?.ready(instance);
  }

  #count(message: Message): void {
    if (message.n > this.#lastMessage) this.#lastMessage = message.n;
  }

  #add(instance: Instance): void {
    const before = this.instances.get(instance.id);
    if (before === undefined) {
      this.archived.delete(instance.id);
      this.ids.set(instance.id);
    } else this.ended.delete(before);
    this.instances.set(instance.id, instance);
  }

  #remove(id: string): void {
    const instance = this.instances.get(id);
    if (instance !== undefined) this.ended.delete(instance);
    if (this.instances.delete(id) || this.archived.delete(id)) this.ids.delete(id);
  }

  #archived(entry: ArchiveEntry): void {
    const instance = this.instances.get(entry.i);
    if (instance !== undefined) this.ended.delete(instance);
    this.instances.delete(entry.i);
    const archived = new ArchivedInstance(entry);
    this.archived.set(archived);
    this.ids.set(archived);
  }

  #restore(instance: Instance): void {
    this.#add(instance);
    if (isEnded(instance.status)) this.ended.add(instance);
  }

  #start(id: string, message: Message, seq: number, byParent: boolean): void {
    const event = message.e;
    if (event.EventType !== EventType.ExecutionStarted) return;
    const before = this.instances.get(id);
    if (before !== undefined && byParent && !isEnded(before.status)) this.listener?.replaced(before, event);
    const instance = newInstance({
      id,
      executionId: event.OrchestrationInstance.ExecutionId,
      name: event.Name,
      version: event.Version,
      input: event.Input,
      created: event.Timestamp,
      generation: event.Generation,
      parent: event.ParentInstance,
    });
    const earlier = before && earlierRunOf(before);
    if (earlier !== undefined) instance.earlier = earlier;
    instance.seq = seq;
    instance.inbox.push(message, ...(before?.inbox.filter(({ e }) => e.EventType === EventType.EventRaised) ?? []));
    this.#add(instance);
    this.listener?.ready(instance);
  }

  #deliver(to: string, message: Message, seq: number): void {
    this.#count(message);
    if (message.e.EventType === EventType.ExecutionStarted) {
      this.#start(to, message, seq, true);
      return;
    }
    if (this.archived.get(to) !== undefined) return;
    let instance = this.instances.get(to);
    if (instance === undefined && message.e.EventType === EventType.EventRaised && isSchedulerId(to)) {
      instance = newInstance({
        id: to,
        executionId: '',
        name: to,
        version: null,
        input: null,
        created: message.e.Timestamp,
        generation: null,
        parent: null,
      });
      instance.status = 'Running';
      instance.entity = { exists: false, state: null, queue: [], lockedBy: null };
      this.#add(instance);
    }
    if (instance === undefined || isEnded(instance.status)) return;
    if (message.x !== undefined && message.x !== instance.executionId) return;
    if (instance.packed !== undefined) {
      this.#showEnd(instance, seq);
      return;
    }
    if (message.e.EventType === EventType.TaskCompleted || message.e.EventType === EventType.TaskFailed)
      instance.tasks.delete(message.e.TaskScheduledId);
    instance.inbox.push(message);
    instance.seq = seq;
    this.listener?.ready(instance);
  }

  #turn(record: TurnRecord, seq: number): void {
    for (const { m } of record.out) this.#count(m);
    const instance = this.instances.get(record.i);
    if (instance === undefined) return;
    instance.seq = seq;
    const events = taken(instance, record.in, record.drop);
    instance.started = true;
    instance.updated = record.at;
    if (record.early !== undefined) instance.early = [...(record.next ? [] : (instance.early ?? [])), ...record.early];
    for (const event of events) {
      event.IsPlayed = true;
      applyMessage(instance, event);
    }
    if (record.next === undefined) {
      instance.history.push(
        turnMark(EventType.OrchestratorStarted, record.at),
        ...events,
        ...record.ev,
        turnMark(EventType.OrchestratorCompleted, record.at),
      );
      applyScheduled(instance, record.ev, this.listener);
    } else {
      applyNext(instance, record.next, this.listener);
    }
    instance.customStatus = record.customStatus;
    for (const task of record.tasks) {
      instance.tasks.set(task.id, task);
      this.listener?.task(instance, task);
    }
    if (isEnded(instance.status)) this.#pack(instance);
  }

  /** An ended instance needs no objects, timers or tasks. */
  #pack(instance: Instance): void {
    instance.packed = packHistory(instance.history);
    instance.history = [];
    instance.timers.clear();
    instance.tasks.clear();
    instance.inbox = [];
    instance.noted = undefined;
    this.ended.add(instance);
  }

  /** Of an instance that has ended by its history, and shows Pending since a rewind. */
  #showEnd(instance: Instance, seq: number): void {
    for (const event of historyOf(instance)) {
      instance.updated = event.Timestamp;
      if (event.EventType === EventType.ExecutionCompleted)
        instance.status = statusNames[event.OrchestrationStatus] ?? 'Failed';
    }
    instance.seq = seq;
    this.ended.add(instance);
  }

  #entity(record: EntityRecord, seq: number): void {
    for (const { m } of record.out) this.#count(m);
    const instance = this.instances.get(record.i);
    if (instance === undefined) return;
    taken(instance, record.in, []);
    instance.started = true;
    instance.entity = record.entity;
    instance.created = record.at;
    instance.updated = record.at;
    instance.seq = seq;
    const { exists, queue, lockedBy } = record.entity;
    if (!exists && queue.length === 0 && lockedBy === null && instance.inbox.length === 0) this.#remove(instance.id);
  }

  #rewind(record: RewindRecord, seq: number): void {
    for (const { i, history, earlier, instead, m } of record.instances) {
      const instance = this.instances.get(i);
      if (m !== undefined) this.#count(m);
      if (instance === undefined) continue;
      instance.seq = seq;
      if (earlier !== undefined) instance.earlier = earlier;
      if (history !== undefined) replaceHistory(instance, history);
      if (instead === 'stays') continue;
      instance.status = 'Pending';
      instance.updated = record.at;
      this.ended.delete(instance);
      if (instead === 'shows-pending') continue;
      instance.history = historyOf(instance);
      instance.packed = undefined;
      if (m === undefined) continue;
      instance.inbox.push(m);
      this.listener?.ready(instance);
    }
  }
}

function replaceHistory(instance: Instance, history: HistoryEvent[]): void {
  if (instance.packed === undefined) instance.history = history;
  else instance.packed = packHistory(history);
}
