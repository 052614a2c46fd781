/** Who may call what: the level of the key that a request brings (Azure docs: function-keys-how-to). */
import { sameKey, type HostKeys } from './keys.js';
import type { AuthLevel } from './routes.js';

/** What a request's key is good for. `system` keys open one extension's webhook each. */
export type KeyLevel =
  { readonly level: 'anonymous' | 'function' | 'admin' } | { readonly level: 'system'; readonly extension: string };

/**
 * The key of a request: the header `x-functions-key` goes before the query's `code`, also when it is wrong. Names of query
 * parameters ignore case.
 */
export function keyLevel(
  keys: HostKeys,
  headers: Readonly<Record<string, string>>,
  query: ReadonlyMap<string, string>,
): KeyLevel {
  const given = headers['x-functions-key'] ?? query.get('code');
  if (given === undefined || given === '') return { level: 'anonymous' };
  if (sameKey(given, keys.master)) return { level: 'admin' };
  if (sameKey(given, keys.function)) return { level: 'function' };
  if (sameKey(given, keys.durable)) return { level: 'system', extension: 'durabletask' };
  if (sameKey(given, keys.eventGrid)) return { level: 'system', extension: 'eventgrid' };
  return { level: 'anonymous' };
}

/** Whether a function of this level may be called. */
export function opensFunction(key: KeyLevel, needed: AuthLevel): boolean {
  return needed === 'anonymous' || key.level === 'admin' || (needed === 'function' && key.level === 'function');
}

/** The refusal of an admin route or a webhook: 401 without a valid key, 403 with one that is not enough, undefined to pass. */
export function refusal(key: KeyLevel, extension?: string): 401 | 403 | undefined {
  if (key.level === 'admin') return undefined;
  if (key.level === 'anonymous') return 401;
  return key.level === 'system' && key.extension === extension?.toLowerCase() ? undefined : 403;
}
