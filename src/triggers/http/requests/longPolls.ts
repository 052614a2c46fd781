import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { pollUntil } from '../../durable/pollUntil.js';
import { invalidQuery, tooManyRequests } from '../answers/problem.js';

/** Maximum seconds that a request waits for messages: less than the timeouts of front ends and proxies. */
export const MAX_WAIT_SECONDS = 25;

/** Milliseconds between two reads while a request waits. */
const READ_INTERVAL = 1000;

/** Seconds after which a refused device should poll again. */
const RETRY_SECONDS = 5;

/** Whose request waits. */
interface Waiting {
  /** Name of the sender, authenticated. */
  readonly sender: string;
  /** Maximum requests of the sender that wait at the same time. */
  readonly atOnce: number;
  /** Seconds to wait. */
  readonly wait: number;
}

/** Requests of devices that wait for messages, in one instance of the app. */
export class LongPolls {
  /** By sender, each in the order of arrival. */
  private readonly open = new Map<string, Set<AbortController>>();
  private total = 0;

  /** @param atOnce maximum requests that wait at the same time */
  constructor(private readonly atOnce: number) {}

  /**
   * Reads until there is something to answer, or the time is over. Call it for authenticated devices only: others must not
   * use up the limit. A sender with too many requests has its oldest answered, without messages: a device that has lost a
   * connection asks anew, and nobody waits for the answer any more. So no sender takes the places of others.
   *
   * @param read what the answer is made of
   * @param isEnough whether it is worth an answer at once
   * @returns `isReplaced`: a later request of the sender waits in place of this one
   */
  async hold<T>(
    { sender, atOnce, wait }: Waiting,
    read: () => Promise<T>,
    isEnough: (value: T) => boolean,
  ): Promise<{ readonly value: T } | { readonly refusal: HttpResponseInit } | { readonly isReplaced: true }> {
    const [oldest] = this.open.get(sender) ?? [];
    if (oldest && this.countOf(sender) >= atOnce) {
      this.leave(sender, oldest);
      oldest.abort();
    }
    if (this.total >= this.atOnce) return { refusal: tooManyRequests(RETRY_SECONDS) };
    const replaced = new AbortController();
    this.enter(sender, replaced);
    const { signal } = replaced;
    try {
      const until = Date.now() + wait * 1000;
      const value = pollUntil(read, {
        isEnough: (found) => signal.aborted || isEnough(found),
        every: READ_INTERVAL,
        until,
      });
      const first = await Promise.race([value.then((found) => ({ value: found })), abortionOf(signal)]);
      return first ?? { isReplaced: true };
    } finally {
      this.leave(sender, replaced);
    }
  }

  private countOf(sender: string): number {
    return this.open.get(sender)?.size ?? 0;
  }

  private enter(sender: string, poll: AbortController): void {
    const polls = this.open.get(sender) ?? new Set();
    this.open.set(sender, polls.add(poll));
    this.total += 1;
  }

  private leave(sender: string, poll: AbortController): void {
    const polls = this.open.get(sender);
    if (!polls?.delete(poll)) return;
    this.total -= 1;
    if (polls.size === 0) this.open.delete(sender);
  }
}

/** Resolves once the signal aborts. */
function abortionOf(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** Reads the parameter `wait`, in seconds. */
export function waitOf({
  query,
}: Pick<HttpRequest, 'query'>): { readonly wait: number } | { readonly refusal: HttpResponseInit } {
  const text = query.get('wait');
  if (text === null) return { wait: 0 };
  if (/^\d{1,2}$/.test(text) && Number(text) <= MAX_WAIT_SECONDS) return { wait: Number(text) };
  return {
    refusal: invalidQuery([
      {
        field: 'wait',
        message: 'is not a number of seconds',
        fix: `It must be a whole number from 0 to ${MAX_WAIT_SECONDS}; the default is 0.`,
      },
    ]),
  };
}
