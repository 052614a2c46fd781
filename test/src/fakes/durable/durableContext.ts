import type { EntityId, OrchestrationContext } from 'durable-functions';

/** In milliseconds: on the real host six days. */
const LONGEST_TIMER = 6 * 24 * 3600 * 1000;

/** A task of the fake engine. What was never yielded is never scheduled, as in the real one. */
class FakeTask {
  isCompleted = false;
  isCanceled = false;
  isFaulted = false;
  result: unknown;
  /** Looked at by a compound task that was yielded. */
  waitedFor = false;
  constructor(
    readonly kind: 'activity' | 'entity' | 'timer' | 'event' | 'any',
    readonly name: string,
    readonly input?: unknown,
    readonly fireAt = new Date(0),
    readonly children: readonly FakeTask[] = [],
  ) {}

  cancel(): void {
    if (this.isCompleted) throw new Error('a timer that has fired cannot be cancelled');
    this.isCanceled = true;
  }

  fail(error: unknown): void {
    this.isFaulted = true;
    this.complete(error);
  }

  complete(result?: unknown): void {
    this.isCompleted = true;
    this.result = result;
  }
}

export interface Call {
  readonly kind: 'activity' | 'entity' | 'signal';
  readonly name: string;
  readonly input: unknown;
  readonly at: Date;
}

/** Does the work behind an activity or entity; it may throw, which the engine turns into a failed task. */
export type Worker = (call: Call) => unknown;

/**
 * An engine for one orchestration, with a clock of its own that jumps to what comes next. It is stricter than the real
 * one where that would hang or fail: a compound task over a child that has completed in the meantime, a status over 16
 * KB.
 */
export class FakeDurableContext {
  readonly calls: Call[] = [];
  readonly statuses: string[] = [];
  readonly waits: string[] = [];
  /** The input with which the orchestration begins anew. */
  anew: unknown;
  private readonly timers: FakeTask[] = [];
  private readonly due: { readonly at: Date; readonly name: string; readonly data: unknown }[] = [];
  private readonly arrived: { readonly name: string; readonly data: unknown }[] = [];
  private readonly signals: Call[] = [];
  now = new Date('2026-03-01T12:00:00.000Z');

  constructor(
    private readonly input: unknown,
    private readonly worker: Worker,
    private readonly instanceId = 'myregistry-client-0123456789abcdef',
  ) {}

  /** Raises an event `seconds` from now. */
  raiseIn(seconds: number, name: string, data: unknown): void {
    this.due.push({ at: new Date(this.now.getTime() + seconds * 1000), name, data });
    this.due.sort((left, right) => left.at.getTime() - right.at.getTime());
  }

  /** What keeps a real instance Running after its code has returned. */
  get openTimers(): number {
    return this.timers.filter((timer) => !timer.isCompleted && !timer.isCanceled).length;
  }

  called(kind: Call['kind']): string[] {
    return this.calls.filter((call) => call.kind === kind).map((call) => call.name);
  }

  async run<T>(orchestrate: (context: OrchestrationContext) => Generator<unknown, T, unknown>): Promise<T> {
    const flow = orchestrate({ df: this.df() } as unknown as OrchestrationContext);
    let next = flow.next();
    for (let turns = 0; !next.done; turns += 1) {
      if (turns > 20_000) throw new Error('the orchestration does not end');
      for (const signal of this.signals.splice(0)) await this.worker(signal);
      const task = next.value as FakeTask;
      try {
        await this.finish(task);
      } catch (error) {
        if (error instanceof EngineError) throw error;
        next = flow.throw(error);
        continue;
      }
      next = flow.next(task.result);
    }
    for (const signal of this.signals.splice(0)) await this.worker(signal);
    return next.value;
  }

  private df() {
    const task = (...args: ConstructorParameters<typeof FakeTask>) => new FakeTask(...args);
    const clock = () => this.now;
    return {
      instanceId: this.instanceId,
      get currentUtcDateTime() {
        return new Date(clock());
      },
      getInput: () => structuredClone(this.input),
      setCustomStatus: (status: unknown) => {
        const text = JSON.stringify(status);
        if (text.length > 8000) throw new EngineError('the engine fails a run with so long a status');
        this.statuses.push(text);
      },
      callActivity: (name: string, input: unknown) => task('activity', name, structuredClone(input)),
      callEntity: (id: EntityId, operation: string, input: unknown) =>
        task('entity', `${id.name}.${id.key}.${operation}`, structuredClone(input)),
      signalEntity: (id: EntityId, operation: string, input: unknown) => {
        const name = `${id.name}.${id.key}.${operation}`;
        const signal = { kind: 'signal', name, input: structuredClone(input), at: this.now } as const;
        this.calls.push(signal);
        this.signals.push(signal);
      },
      continueAsNew: (input: unknown) => {
        this.anew = structuredClone(input);
      },
      createTimer: (fireAt: Date) => {
        if (fireAt.getTime() - this.now.getTime() > LONGEST_TIMER)
          throw new EngineError('a timer of more than six days that is cancelled corrupts what follows');
        return task('timer', 'timer', undefined, fireAt);
      },
      waitForExternalEvent: (name: string) => task('event', name),
      Task: { any: (children: readonly FakeTask[]) => task('any', 'any', undefined, new Date(0), children) },
    };
  }

  private async finish(task: FakeTask): Promise<void> {
    switch (task.kind) {
      case 'activity':
      case 'entity': {
        if (task.isCompleted) return;
        const call = { kind: task.kind, name: task.name, input: task.input, at: this.now };
        this.calls.push(call);
        task.complete(structuredClone(await this.worker(call)));
        return;
      }
      case 'timer':
        this.timers.push(task);
        this.advanceTo(task.fireAt);
        return task.complete();
      case 'event':
        return this.waitFor([task]);
      case 'any': {
        if (task.children.some((child) => child.waitedFor && child.isCompleted))
          throw new EngineError('Task.any does not return for a task that completed in the meantime');
        this.timers.push(...task.children.filter((child) => child.kind === 'timer'));
        for (const child of task.children) child.waitedFor = true;
        await this.finishAny(task.children);
        return task.complete(task.children.find((child) => child.isCompleted));
      }
    }
  }

  /** What has arrived already comes first: work that is under way goes on, and can be waited for later. */
  private async finishAny(children: readonly FakeTask[]): Promise<void> {
    this.advanceTo(this.now);
    const work = children.filter((child) => child.kind === 'activity' || child.kind === 'entity');
    if (work.length === 0 || this.hasArrived(children)) return this.waitFor(children);
    for (const child of work) await this.finish(child).catch((error: unknown) => child.fail(error));
    if (this.hasArrived(children)) this.waitFor(children);
  }

  private hasArrived(tasks: readonly FakeTask[]): boolean {
    return this.arrived.some(({ name }) => tasks.some((task) => task.kind === 'event' && task.name === name));
  }

  private waitFor(tasks: readonly FakeTask[]): void {
    const events = tasks.filter((task) => task.kind === 'event');
    for (const { name } of events) if (!this.waits.includes(name) && !name.startsWith('cancel-')) this.waits.push(name);
    const [timer] = tasks.filter((task) => task.kind === 'timer');
    for (;;) {
      const index = this.arrived.findIndex(({ name }) => events.some((event) => event.name === name));
      const [taken] = index < 0 ? [] : this.arrived.splice(index, 1);
      if (taken) return events.find((event) => event.name === taken.name)?.complete(taken.data);
      const [soonest] = this.due;
      if (soonest && (!timer || soonest.at <= timer.fireAt)) this.advanceTo(soonest.at);
      else if (timer) {
        this.advanceTo(timer.fireAt);
        return timer.complete();
      } else throw new EngineError(`nothing will ever happen to ${events.map((event) => event.name).join()}`);
    }
  }

  private advanceTo(instant: Date): void {
    while (this.due[0] && this.due[0].at <= instant) this.arrived.push(...this.due.splice(0, 1));
    if (instant > this.now) this.now = instant;
  }
}

/** What the real engine would not survive; never handed to the orchestration. */
class EngineError extends Error {
  override readonly name = 'EngineError';
}
