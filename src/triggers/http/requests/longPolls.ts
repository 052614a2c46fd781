import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { pollUntil } from '../../durable/pollUntil.js';
import { invalidQuery, tooManyRequests } from '../answers/problem.js';

/** Maximum seconds that a request waits for messages: less than the timeouts of front ends and proxies. */
export const MAX_WAIT_SECONDS = 25;

/** Milliseconds between two reads while a request waits. */
const READ_INTERVAL = 1000;

/** Seconds after which a refused device should poll again. */
const RETRY_SECONDS = 5;

/** Requests of devices that wait for messages, in one instance of the app. */
export class LongPolls {
  private open = 0;

  /** @param atOnce maximum requests that wait at the same time */
  constructor(private readonly atOnce: number) {}

  /**
   * Reads until there is something to answer, or the time is over. Call it for authenticated devices only: others must not
   * use up the limit.
   *
   * @param wait seconds
   * @param read what the answer is made of
   * @param isEnough whether it is worth an answer at once
   */
  async hold<T>(
    wait: number,
    read: () => Promise<T>,
    isEnough: (value: T) => boolean,
  ): Promise<{ readonly value: T } | { readonly refusal: HttpResponseInit }> {
    if (this.open >= this.atOnce) return { refusal: tooManyRequests(RETRY_SECONDS) };
    this.open += 1;
    try {
      const until = Date.now() + wait * 1000;
      return { value: await pollUntil(read, { isEnough, every: READ_INTERVAL, until }) };
    } finally {
      this.open -= 1;
    }
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
