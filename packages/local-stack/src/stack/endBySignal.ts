/** Milliseconds that everything has for an orderly end after a signal; the processes below have five seconds each. */
const WITHIN = 30_000;
/** Milliseconds in which a signal is taken for the same one: at Ctrl-C the terminal sends it, and npm passes it on as well. */
const SAME = 1000;

/**
 * Aborts at SIGINT or SIGTERM. Another one later, or an end that takes longer than half a minute, ends this process at once; what
 * it has started notices that and ends by itself (endWithParent.ts).
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
