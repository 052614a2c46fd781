import { AsyncLocalStorage } from 'node:async_hooks';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { parseJson } from '@connected-registry/protocol/json/parseJson';

/** Of a pipeline policy of the Azure SDKs, what is used here. */
interface Response {
  readonly bodyAsText?: string | null;
}

interface Watch {
  next?: string;
}

/**
 * Reads the address of the next page off the answers of a listing. The vault SDK takes such an address (byPage's
 * continuationToken) but gives none: it makes a new list of each page, without it. Source: keyvault-secrets 4.11,
 * transformations.js, mapPagedAsyncIterable.
 */
export function watchPageLinks() {
  const watches = new AsyncLocalStorage<Watch>();
  return {
    /** For a client's additionalPolicies. */
    policy: {
      name: 'pageLinks',
      async sendRequest<Request, Answer extends Response>(
        request: Request,
        next: (request: Request) => Promise<Answer>,
      ): Promise<Answer> {
        const response = await next(request);
        const watch = watches.getStore();
        if (watch) Object.assign(watch, { next: nextLinkIn(response.bodyAsText ?? '') });
        return response;
      },
    },

    /** Does `work`, and tells the query of the page after the last one that it read. */
    async during<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly next?: string }> {
      const watch: Watch = {};
      const value = await watches.run(watch, work);
      const query = watch.next === undefined ? '' : pageQuery(watch.next);
      return { value, ...(query === '' ? {} : { next: query }) };
    },
  };
}

/** What a page's address has besides the host. Source: azure-rest-api-specs, keyvault: GetSecrets. */
const PARAMETERS = ['api-version', '$skiptoken', 'maxresults'];

/** Characters; what the service was seen to give is a few hundred. */
const LONGEST_PARAMETER = 2048;

/**
 * The query alone, since the SDK sends the app's token to whatever host an address names; and of it what a vault's pages
 * have, since it goes into answers and the durable history.
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
