/** Ends whatever follows its signal when nothing was heard for a while, or when the whole undertaking ends. */
export interface Watchdog {
  signal: AbortSignal;
  /** Something was heard: the wait starts anew. */
  heard(): void;
  stop(): void;
}

export function createWatchdog(milliseconds: number, whole: AbortSignal): Watchdog {
  const controller = new AbortController();
  const end = () => controller.abort(new DOMException('no answer in time', 'TimeoutError'));
  const timer = setTimeout(end, milliseconds);
  whole.addEventListener('abort', end, { once: true });
  if (whole.aborted) end();
  return {
    signal: controller.signal,
    heard: () => void timer.refresh(),
    stop() {
      clearTimeout(timer);
      whole.removeEventListener('abort', end);
    },
  };
}
