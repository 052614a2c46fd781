import type { BudgetPolicy } from '../budget/budgetPolicy.js';
import { lastAnswerPolicy } from './lastAnswer.js';

/** Thrown when a service's answer names an address on another host: the request would send the app's token there. */
export class LeadsElsewhere extends Error {
  override readonly name = 'LeadsElsewhere';
}

/** Redirect options for clients that send a token: a redirect is not followed and counts as a failed answer. */
export const NO_REDIRECTS = { maxRetries: 0 } as const;

/**
 * Options of all clients of Azure services.
 * - No retries: they would repeat generateCredentials unnoticed, and the flow retries by durable timers.
 * - No redirects: no service redirects the app's calls, and a redirect could send a body or a token to another address.
 * - No request to a host other than the service's own: the SDKs send the token to every address that an answer gives
 *   for the next page or an asynchronous operation. Source: core-lro, operation.js.
 *
 * @param endpoint the service's address.
 * @param budget gives each request its token; absent for services whose limits the app cannot reach.
 */
export function pipelineOptions(endpoint: string, budget?: BudgetPolicy) {
  return {
    retryOptions: { maxRetries: 0 },
    redirectOptions: NO_REDIRECTS,
    additionalPolicies: [
      { position: 'perRetry' as const, policy: sameHostPolicy(endpoint) },
      { position: 'perCall' as const, policy: lastAnswerPolicy },
      ...(budget ? [{ position: 'perRetry' as const, policy: budget }] : []),
    ],
  };
}

function sameHostPolicy(endpoint: string) {
  const own = new URL(endpoint);
  return {
    name: 'sameHost',
    async sendRequest<Request extends { readonly url: string }, Answer>(
      request: Request,
      next: (request: Request) => Promise<Answer>,
    ): Promise<Answer> {
      if (!isOfService(new URL(request.url), own)) throw new LeadsElsewhere('another host');
      return next(request);
    },
  };
}

/** True for the service's host and names below it: Resource Manager has a host for each region. */
function isOfService(url: URL, own: URL): boolean {
  if (url.protocol !== own.protocol || url.port !== own.port) return false;
  return url.hostname === own.hostname || url.hostname.endsWith(`.${own.hostname}`);
}
