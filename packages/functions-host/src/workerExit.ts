/**
 * The end of the worker process, as invocations see it. On the real host an error that nobody handles ends that process
 * with everything that runs in it, and another one starts (observed; public source:
 * RpcFunctionInvocationDispatcher.cs).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

import { FunctionTimeoutError, type TimeLimit } from './functionTimeout.js';
import { InvocationError, type LoadedApp, type RpcInvocation } from './worker/app.js';

const message = 'node exited with code 1 (0x1)';

/** An invocation ended with the worker process. */
export class WorkerExitError extends InvocationError {
  constructor() {
    super({
      name: 'WorkerProcessExitException',
      message,
      stack: `WorkerProcessExitException: ${message}`,
      isUserException: false,
    });
  }
}

/**
 * The invocations that run. Here the app runs in the host's process, so its code continues after such an end, and its
 * results are dropped.
 */
export class RunningInvocations {
  readonly #ends = new Set<() => void>();

  /** Fails all of them. Returns their number. */
  failAll(): number {
    const ends = [...this.#ends];
    for (const end of ends) end();
    return ends.length;
  }

  /** Invokes so that `failAll` or a time limit can fail it. */
  watched(
    invoke: LoadedApp['invoke'],
    limitOf: (name: string, invocation: RpcInvocation) => TimeLimit | undefined = () => undefined,
  ): LoadedApp['invoke'] {
    return async (name, invocation) => {
      let end: (() => void) | undefined;
      let timer: NodeJS.Timeout | undefined;
      const ended = new Promise<never>((_, reject) => {
        end = () => reject(new WorkerExitError());
        this.#ends.add(end);
        const limit = limitOf(name, invocation);
        if (limit !== undefined) timer = setTimeout(() => reject(limit.exceeded()), limit.after).unref();
      });
      try {
        return await Promise.race([ended, untilTurnEnds(invoke(name, invocation))]);
      } finally {
        clearTimeout(timer);
        if (end !== undefined) this.#ends.delete(end);
      }
    };
  }
}

/** Whether the real host's worker process ended under an invocation: its code cannot answer any more. */
export const endedWithWorker = (error: unknown): boolean =>
  error instanceof WorkerExitError || error instanceof FunctionTimeoutError;

/** Node.js reports a rejection that nobody handles only after this turn. It fails the invocation that dropped it. */
async function untilTurnEnds<T>(running: Promise<T>): Promise<T> {
  try {
    return await running;
  } finally {
    await nextTurn();
  }
}
