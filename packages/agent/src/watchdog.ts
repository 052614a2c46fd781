/** Ends whatever follows its signal when nothing was heard for a while, or when the whole undertaking ends. */
export interface Watchdog {
  signal: AbortSignal;
  /** Something was heard: the wait starts anew. */
  heard(): void;
  /**
   * Waits for work, and for the end of this watchdog: rejects at that moment, whether or not the work has noticed. Whatever
   * a peer does, and whatever a library leaves open for it, the wait is over in time.
   */
  wait<T>(work: Promise<T>): Promise<T>;
  stop(): void;
}

export function createWatchdog(milliseconds: number, whole: AbortSignal): Watchdog {
  const controller = new AbortController();
  const { signal } = controller;
  const end = () => controller.abort(new DOMException('no answer in time', 'TimeoutError'));
  const timer = setTimeout(end, milliseconds);
  whole.addEventListener('abort', end, { once: true });
  if (whole.aborted) end();
  return {
    signal,
    heard: () => void timer.refresh(),
    wait: (work) => untilEnd(work, signal),
    stop() {
      clearTimeout(timer);
      whole.removeEventListener('abort', end);
    },
  };
}

/**
 * Work that is waited for no longer than this: rejects at the end at the latest. The work is given the signal that tells it so.
 */
export async function within<T>(
  milliseconds: number,
  whole: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const watchdog = createWatchdog(milliseconds, whole);
  try {
    return await watchdog.wait(work(watchdog.signal));
  } finally {
    watchdog.stop();
  }
}

function untilEnd<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason as Error);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
