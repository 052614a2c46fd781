import { lastAnswerPolicy } from './lastAnswer.js';

/** The answer of a service names an address on another host, to which the app's token would go. */
export class LeadsElsewhere extends Error {
  override readonly name = 'LeadsElsewhere';
}

/** For clients that sign in: a redirect is an answer like any other, and no success. */
export const NO_REDIRECTS = { maxRetries: 0 } as const;

/**
 * What all clients of Azure services have in common.
 * - No retries: they would send generateCredentials again unseen, and the flow has its own on durable timers.
 * - No redirects: no call of ours is answered by one, and each would carry a body or a token to an address of others.
 * - No request to another host than the service's own: the SDKs also follow the addresses of the next page and of an
 *   asynchronous operation, with the token, wherever an answer says these are. Source: core-lro, operation.js.
 * @param endpoint the service's address.
 */
export function pipelineOptions(endpoint: string) {
  return {
    retryOptions: { maxRetries: 0 },
    redirectOptions: NO_REDIRECTS,
    additionalPolicies: [
      { position: 'perRetry' as const, policy: sameHostPolicy(endpoint) },
      { position: 'perCall' as const, policy: lastAnswerPolicy },
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

/** The service's host, or a name below it: Resource Manager has one for each region. */
function isOfService(url: URL, own: URL): boolean {
  if (url.protocol !== own.protocol || url.port !== own.port) return false;
  return url.hostname === own.hostname || url.hostname.endsWith(`.${own.hostname}`);
}
