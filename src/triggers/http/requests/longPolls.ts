import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { NewsHints } from '../../../ports/newsHints.js';
import { ClientWatches, type Awaited } from '../../news/clientWatches.js';
import { invalidQuery, tooManyRequests } from '../answers/problem.js';

/** Maximum seconds that a request waits for messages: less than the timeouts of front ends and proxies. */
export const MAX_WAIT_SECONDS = 25;

/** Seconds after which a refused device should poll again. */
const RETRY_SECONDS = 5;

/** Share of the wait that is left to chance, so that devices that began together do not ask together for ever. */
const JITTER = 0.1;

/** Whose request waits. */
interface Waiting {
  /** Name of the sender, authenticated. */
  readonly sender: string;
  /** Maximum requests of the sender that wait at the same time. */
  readonly atOnce: number;
  /** Maximum seconds to wait. */
  readonly wait: number;
}

/** Requests of devices that wait for messages, in one instance of the app. */
export class LongPolls implements NewsHints {
  /** By sender, each in the order of arrival. */
  private readonly open = new Map<string, Set<AbortController>>();
  private readonly watches = new ClientWatches();
  private total = 0;

  /** @param atOnce maximum requests that wait at the same time */
  constructor(private readonly atOnce: number) {}

  /** Has the open requests of a client look for messages soon. */
  hint(key: string): void {
    this.watches.hint(key);
  }

  /**
   * Waits until there is something to answer, or the time is over. Call it for authenticated devices only: others must
   * not use up the limit. A sender with too many requests has its oldest answered, without messages: a device that has
   * lost a connection asks anew, and nobody waits for the answer any more. So no sender takes the places of others.
   *
   * @returns what the judge has made of the news; undefined: nothing came in time, or a later request of the sender
   * waits in place of this one, as `isReplaced` says
   */
  async hold<T>(
    { sender, atOnce, wait }: Waiting,
    { clients, judge }: Pick<Awaited<T>, 'clients' | 'judge'>,
  ): Promise<{ readonly value: T | undefined; readonly isReplaced: boolean } | { readonly refusal: HttpResponseInit }> {
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
      const milliseconds = Math.round(wait * 1000 * (1 - JITTER * Math.random()));
      const value = await this.watches.first({ clients, judge, wait: milliseconds, signal });
      return { value, isReplaced: signal.aborted };
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
