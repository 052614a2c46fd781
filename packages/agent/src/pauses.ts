/** Growing pauses between tries, each somewhere in its second half, so that many devices do not come back at once. */
export interface Pauses {
  /** Milliseconds until the next try. */
  next(): number;
  /** It went well: the next pause is the first one again. */
  reset(): void;
}

/** Pauses that double from `first` up to `longest`, in milliseconds. */
export function growingPauses(first: number, longest: number): Pauses {
  let pause = first;
  return {
    next() {
      const now = pause;
      pause = Math.min(2 * pause, longest);
      return Math.round(now * (0.5 + Math.random() / 2));
    },
    reset() {
      pause = first;
    },
  };
}

/** The time that a server's Date header tells; undefined without a usable one. */
export function serverTime(date: string | null): Date | undefined {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? undefined : new Date(time);
}

/**
 * The Retry-After of an answer in milliseconds, as seconds or as a date (RFC 9110, 10.2.3); undefined without a usable one.
 * @param now by the clock of the server that has written it, where it tells the time
 */
export function retryAfter(header: string | null, now: Date): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  const milliseconds = Number.isNaN(seconds) ? Date.parse(header) - now.getTime() : seconds * 1000;
  return milliseconds >= 0 ? milliseconds : undefined;
}
