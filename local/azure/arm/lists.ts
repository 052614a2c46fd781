import type { ApiReply } from '../http/message.js';
import type { Call } from '../pipeline.js';
import type { Plane } from '../plane.js';
import type { Collection } from '../state/collection.js';

/** Items on a page of a registry's children. */
const PAGE = 200;

/** One page of a collection, with an absolute `nextLink` while there is more. */
export function listReply<T extends { name: string }>(
  plane: Plane,
  call: Call,
  collection: Collection<T>,
  body: (item: T) => unknown,
  keep: (item: T) => boolean = () => true,
): ApiReply {
  const token = call.query.get('$skiptoken');
  const after = token === undefined ? undefined : Buffer.from(token, 'base64url').toString('utf8');
  const page = collection.page(PAGE, after);
  const reply: { value: unknown[]; nextLink?: string } = { value: page.items.filter(keep).map(body) };
  if (page.next !== undefined) {
    const query = new URLSearchParams();
    for (const [name, value] of call.query) if (name !== '$skiptoken') query.set(name, value);
    query.set('$skiptoken', Buffer.from(page.next, 'utf8').toString('base64url'));
    reply.nextLink = `${plane.baseUrl}${call.path}?${query.toString()}`;
  }
  return { status: 200, body: reply };
}
