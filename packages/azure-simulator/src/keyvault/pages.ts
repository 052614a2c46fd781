import type { ApiReply } from '../http/message.js';
import type { Call } from '../http/route.js';
import type { Plane } from '../plane.js';
import { Collection } from '../state/collection.js';
import { badParameter } from './errors.js';

/** Maximum and default number of items on a page (azure-rest-api-specs, keyvault: maxresults). */
const LARGEST_PAGE = 25;

/** One page, with an absolute `nextLink` if there is more. */
export function pageReply<T extends { name: string }>(
  plane: Plane,
  call: Call,
  items: Collection<T> | readonly T[],
  body: (item: T) => unknown,
): ApiReply {
  const asked = call.query.get('maxresults');
  const size = asked === undefined ? LARGEST_PAGE : Number(asked);
  if (!Number.isInteger(size) || size < 1 || size > LARGEST_PAGE) {
    throw badParameter(`The value of maxresults must be from 1 to ${LARGEST_PAGE}.`);
  }
  const token = call.query.get('$skiptoken');
  const after = token === undefined ? undefined : Buffer.from(token, 'base64url').toString('utf8');
  const collection = items instanceof Collection ? items : new Collection(items);
  const page = collection.page(size, after);
  const next = page.next;
  if (next === undefined) return { status: 200, body: { value: page.items.map(body), nextLink: null } };
  const query = new URLSearchParams({
    'api-version': call.query.get('api-version') ?? '',
    $skiptoken: Buffer.from(next, 'utf8').toString('base64url'),
    maxresults: String(size),
  });
  return {
    status: 200,
    body: { value: page.items.map(body), nextLink: `${plane.baseUrl}${call.path}?${query.toString()}` },
  };
}
