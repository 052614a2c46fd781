import type { ApiReply } from '../http/message.js';
import type { Call } from '../http/route.js';
import type { Plane } from '../plane.js';
import type { Collection } from '../state/collection.js';

/** Maximum items on a page of a registry's children. */
const PAGE = 200;

/**
 * One page in order of creation, as connected registries are listed (recorded).
 *
 * @param keep applied after the paging, as in the service
 */
export function creationOrderReply<T extends { name: string }>(
  plane: Plane,
  call: Call,
  collection: Collection<T>,
  body: (item: T) => unknown,
  keep: (item: T) => boolean = () => true,
): ApiReply {
  const items = [...collection.values()];
  const last = skipToken(call);
  const first = last === undefined ? 0 : items.findIndex(({ name }) => name === last) + 1;
  const page = items.slice(first, first + PAGE);
  const next = first + PAGE < items.length ? page.at(-1)?.name : undefined;
  return pageReply(plane, call, page.filter(keep).map(body), next);
}

/** One page of a collection in order of names, with an absolute `nextLink` if there is more. */
export function listReply<T extends { name: string }>(
  plane: Plane,
  call: Call,
  collection: Collection<T>,
  body: (item: T) => unknown,
  keep: (item: T) => boolean = () => true,
): ApiReply {
  const page = collection.page(PAGE, skipToken(call));
  return pageReply(plane, call, page.items.filter(keep).map(body), page.next);
}

function skipToken(call: Call): string | undefined {
  const token = call.query.get('$skiptoken');
  return token === undefined ? undefined : Buffer.from(token, 'base64url').toString('utf8');
}

function pageReply(plane: Plane, call: Call, value: unknown[], next: string | undefined): ApiReply {
  const reply: { value: unknown[]; nextLink?: string } = { value };
  if (next !== undefined) {
    const query = new URLSearchParams();
    for (const [name, given] of call.query) if (name !== '$skiptoken') query.set(name, given);
    query.set('$skiptoken', Buffer.from(next, 'utf8').toString('base64url'));
    reply.nextLink = `${plane.baseUrl}${call.path}?${query.toString()}`;
  }
  return { status: 200, body: reply };
}
