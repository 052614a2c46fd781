/** Milliseconds for an orderly end after a signal; the child processes have five seconds each. */
const WITHIN = 30_000;
/**
 * Milliseconds within which repeated signals count as one: at Ctrl-C the terminal sends it, and npm passes it on as
 * well.
 */
const SAME = 1000;

/**
 * Aborts at SIGINT or SIGTERM. A later signal, or an end that takes longer than half a minute, ends this process
 * immediately; its child processes notice that and end by themselves (endWithParent.ts).
 */
export function endBySignal(): AbortSignal {
  const abort = new AbortController();
  let first = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (abort.signal.aborted) {
        if (performance.now() - first > SAME) process.exit(1);
        return;
      }
      first = performance.now();
      setTimeout(() => process.exit(1), WITHIN).unref();
      abort.abort();
    });
  return abort.signal;
}
