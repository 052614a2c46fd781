/** What the agent asks for the time, so that a simulation can put another clock behind it. */
export interface AgentClock {
  now(): Date;
  /** Runs `run` once, as soon as {@link AgentClock.now} is not before `at`; never before this call has returned. */
  setTimer(at: Date, run: () => void): { cancel(): void };
}

/** Longest wait in milliseconds that setTimeout keeps (Node.js docs, timers): more of it fires at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * The machine's clock. Its timers keep no process alive: an agent lives as long as its channel does. They measure how long they
 * wait by the monotonic clock, so that a wrong time that is put right meanwhile makes no wait longer or shorter.
 */
export const machineClock: AgentClock = {
  now: () => new Date(),
  setTimer(at, run) {
    const due = performance.now() + at.getTime() - Date.now();
    let timer: NodeJS.Timeout;
    const wait = () => {
      // A timer may fire a millisecond early, so the time is looked at again.
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

/** Waits so many milliseconds of the clock, or less when the signal ends it. Never throws. */
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
