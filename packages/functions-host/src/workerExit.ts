/**
 * The end of the worker process, as invocations see it. On the real host an error that nobody handles ends that process
 * with everything that runs in it, and another one starts (observed; public source: RpcFunctionInvocationDispatcher.cs).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

import { InvocationError, type LoadedApp } from './worker/app.js';

/** An invocation ended with the worker process. */
export class WorkerExitError extends InvocationError {
  constructor() {
    super({
      name: 'WorkerProcessExitException',
      message: 'node exited with code 1 (0x1)',
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

  /** Invokes so that `failAll` can fail it. */
  watched(invoke: LoadedApp['invoke']): LoadedApp['invoke'] {
    return async (name, invocation) => {
      let end: (() => void) | undefined;
      const ended = new Promise<never>((_, reject) => {
        end = () => reject(new WorkerExitError());
        this.#ends.add(end);
      });
      try {
        return await Promise.race([ended, settled(invoke(name, invocation))]);
      } finally {
        if (end !== undefined) this.#ends.delete(end);
      }
    };
  }
}

/** Node.js reports a rejection that nobody handles only after this turn. It fails the invocation that dropped it. */
async function settled<T>(running: Promise<T>): Promise<T> {
  try {
    return await running;
  } finally {
    await nextTurn();
  }
}
