import { createHash } from 'node:crypto';

/**
 * Growing pauses between attempts. Each is random within its second half, so that many devices do not retry at the same
 * time.
 */
export interface Pauses {
  /** Milliseconds until the next attempt. */
  next(): number;
  /** Starts again with the first pause, after a success. */
  reset(): void;
}

/** Creates pauses that double from `first` up to `longest`, in milliseconds. */
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

/**
 * A share of a pause, from `least` to 1, that is derived from a name: the members of a fleet differ, so that they do
 * not act at the same time, and each of them is consistent.
 */
export function steadyShare(name: string, least: number): number {
  const fraction = createHash('sha256').update(name).digest().readUInt16BE(0) / 0xffff;
  return least + fraction * (1 - least);
}

/** The time in a server's Date header; undefined if there is none or it is invalid. */
export function serverTime(date: string | null): Date | undefined {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? undefined : new Date(time);
}

/**
 * The Retry-After header of an answer, in milliseconds, given as seconds or as a date (RFC 9110, 10.2.3); undefined if
 * there is none or it is invalid.
 * @param now the server's time if the answer has it, else this machine's
 */
export function retryAfter(header: string | null, now: Date): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  const milliseconds = Number.isNaN(seconds) ? Date.parse(header) - now.getTime() : seconds * 1000;
  return milliseconds >= 0 ? milliseconds : undefined;
}
