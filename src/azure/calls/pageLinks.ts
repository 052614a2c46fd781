import { AsyncLocalStorage } from 'node:async_hooks';
import type { PipelineResponse } from '@azure/core-rest-pipeline';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { parseJson } from '@connected-registry/protocol/json/parseJson';

interface Watch {
  next?: string;
}

/**
 * Reads the next page's address from the answers of a listing. The vault SDK accepts such an address (byPage's
 * continuationToken) but does not return one: it maps each page to a new list without it. Source: keyvault-secrets
 * 4.11, transformations.js, mapPagedAsyncIterable.
 */
export function watchPageLinks() {
  const watches = new AsyncLocalStorage<Watch>();
  return {
    /** A pipeline policy for a client's additionalPolicies. */
    policy: {
      name: 'pageLinks',
      async sendRequest<Request, Answer extends Pick<PipelineResponse, 'bodyAsText'>>(
        request: Request,
        next: (request: Request) => Promise<Answer>,
      ): Promise<Answer> {
        const response = await next(request);
        const watch = watches.getStore();
        if (watch) Object.assign(watch, { next: nextLinkIn(response.bodyAsText ?? '') });
        return response;
      },
    },

    /** Runs `work`. @returns its value, and as `next` the query of the page after the last page that it read. */
    async during<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly next?: string }> {
      const watch: Watch = {};
      const value = await watches.run(watch, work);
      const query = watch.next === undefined ? '' : pageQuery(watch.next);
      return { value, ...(query === '' ? {} : { next: query }) };
    },
  };
}

/** Query parameters of a page's address. Source: azure-rest-api-specs, keyvault: GetSecrets. */
const PARAMETERS = ['api-version', '$skiptoken', 'maxresults'];

/** Maximum characters of a parameter; observed ones have a few hundred. */
const LONGEST_PARAMETER = 2048;

/**
 * Reduces an address to its query, since the SDK would send the app's token to any host that an address names. Only
 * known parameters are kept, since the query goes into answers and the durable history.
 */
function pageQuery(link: string): string {
  if (!URL.canParse(link)) return '';
  const query = new URLSearchParams();
  for (const [name, value] of new URL(link).searchParams)
    if (PARAMETERS.includes(name.toLowerCase()) && value.length <= LONGEST_PARAMETER && !seenSecrets.holds(value))
      query.append(name, value);
  return query.size === 0 ? '' : `?${query.toString()}`;
}

function nextLinkIn(text: string): string | undefined {
  const body = parseJson(text);
  const link = typeof body === 'object' && body !== null && 'nextLink' in body ? body.nextLink : undefined;
  return typeof link === 'string' && link !== '' ? link : undefined;
}
