/** The agent's source of time. A simulation can replace it. */
export interface AgentClock {
  now(): Date;
  /** Runs `run` once, when {@link AgentClock.now} has reached `at`. It never runs before this call has returned. */
  setTimer(at: Date, run: () => void): { cancel(): void };
}

/** Maximum delay of setTimeout in milliseconds (Node.js docs, timers). Longer delays fire immediately. */
const LONGEST = 2 ** 31 - 1;

/**
 * The machine's clock. Its timers do not keep the process alive, because an agent lives as long as its channel. Timers
 * use the monotonic clock, so that a correction of the system time does not change how long they wait.
 */
export const machineClock: AgentClock = {
  now: () => new Date(),
  setTimer(at, run) {
    const due = performance.now() + at.getTime() - Date.now();
    let timer: NodeJS.Timeout;
    const wait = () => {
      // A timer may fire a millisecond early, so check the time again.
      timer = setTimeout(
        () => (performance.now() < due ? wait() : run()),
        Math.min(Math.max(0, Math.ceil(due - performance.now())), LONGEST),
      );
      timer.unref();
    };
    wait();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Waits for a number of milliseconds, or until the signal is aborted. Never throws. */
export function pause(clock: AgentClock, milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      timer.cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimer(new Date(clock.now().getTime() + milliseconds), end);
    signal.addEventListener('abort', end, { once: true });
  });
}
