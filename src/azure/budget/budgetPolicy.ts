import type { Bucket } from './rate.js';
import { remainingRequests } from './remaining.js';
import { retryAfterSeconds } from './retryAfter.js';
import type { Turns } from './turns.js';

/** The used part of an answer: of the Azure SDKs' pipeline, or of `fetch`. */
interface BudgetedAnswer {
  readonly status: number;
  readonly headers: Iterable<readonly [string, string]> & { get(name: string): string | undefined | null };
}

/** The used part of a request. */
interface BudgetedRequest {
  readonly method: string;
  readonly url: string;
}

/** Seconds to wait after 429 without Retry-After. */
const DEFAULT_PAUSE = 10;

/**
 * Creates a pipeline policy for a client's additionalPolicies: every request takes a token of its bucket, and every
 * answer corrects the count.
 *
 * @param bucketOf the bucket of a request; undefined if no limit of the request is known.
 */
export function budgetPolicy(turns: Turns, bucketOf: (request: BudgetedRequest) => Bucket | undefined) {
  return {
    name: 'budget',
    async sendRequest<Request extends BudgetedRequest, Answer extends BudgetedAnswer>(
      request: Request,
      next: (request: Request) => Promise<Answer>,
    ): Promise<Answer> {
      const bucket = bucketOf(request);
      if (!bucket) return next(request);
      const { budget, sending } = await turns.admit(bucket);
      let answer: Answer;
      try {
        answer = await next(request);
      } catch (error) {
        budget.answered(sending, turns.clock.now());
        throw error;
      }
      const now = turns.clock.now();
      budget.answered(sending, now, remainingRequests(answer.headers));
      if (answer.status === 429)
        budget.refused(retryAfterSeconds(answer.headers.get('retry-after') ?? undefined) ?? DEFAULT_PAUSE, now);
      return answer;
    },
  };
}
export type BudgetPolicy = ReturnType<typeof budgetPolicy>;
