/**
 * Tasks that complete while a history is replayed, and coroutines that wait for them. Continuations run immediately and
 * in the order in which they were added, as in the extension's orchestrator thread, because ids depend on that order.
 */

/** Completes or fails once. */
export class Task {
  #done = false;
  #failed = false;
  #value: unknown;
  #after: (() => void)[] = [];

  get isDone(): boolean {
    return this.#done;
  }

  get isFailed(): boolean {
    return this.#failed;
  }

  /** The result, or the error it failed with. */
  get value(): unknown {
    return this.#value;
  }

  complete(value?: unknown): void {
    this.#end(false, value);
  }

  fail(error: unknown): void {
    this.#end(true, error);
  }

  #end(failed: boolean, value: unknown): void {
    if (this.#done) return;
    this.#done = true;
    this.#failed = failed;
    this.#value = value;
    const after = this.#after;
    this.#after = [];
    for (const run of after) run();
  }

  /** Calls back when the task has ended; immediately if it already has. */
  whenDone(run: () => void): void {
    if (this.#done) run();
    else this.#after.push(run);
  }
}

/** A body that yields the tasks it waits for. A failed task is thrown into it. */
export type Body = Generator<Task, unknown, unknown>;

/** Runs a body to its end. The returned task completes or fails with it. */
export function run(body: Body): Task {
  const result = new Task();
  const step = (task: Task | undefined): void => {
    let waited = task;
    for (;;) {
      let next;
      try {
        next = waited?.isFailed === true ? body.throw(waited.value) : body.next(waited?.value);
      } catch (error) {
        result.fail(error);
        return;
      }
      if (next.done === true) {
        result.complete(next.value);
        return;
      }
      const on = next.value;
      if (!on.isDone) {
        on.whenDone(() => step(on));
        return;
      }
      waited = on;
    }
  };
  step(undefined);
  return result;
}

/** Ends when all tasks have ended. Fails with the first failure in their order. */
export function whenAll(tasks: readonly Task[]): Task {
  const result = new Task();
  let left = tasks.length;
  const end = (): void => {
    const failed = tasks.find((task) => task.isFailed);
    if (failed === undefined) result.complete(tasks.map((task) => task.value));
    else result.fail(failed.value);
  };
  if (left === 0) end();
  for (const task of tasks)
    task.whenDone(() => {
      left -= 1;
      if (left === 0) end();
    });
  return result;
}

/** Ends, without failing, when the first task has ended or failed. */
export function whenAny(tasks: readonly Task[]): Task {
  const result = new Task();
  for (const task of tasks) task.whenDone(() => result.complete(task));
  return result;
}

/** A task that has ended. */
export function completed(value?: unknown): Task {
  const task = new Task();
  task.complete(value);
  return task;
}

/** A task that has failed. */
export function failed(error: unknown): Task {
  const task = new Task();
  task.fail(error);
  return task;
}
