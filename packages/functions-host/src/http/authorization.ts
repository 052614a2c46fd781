/** Authorization by the key of a request (Azure docs: function-keys-how-to). */
import { sameKey, type HostKeys } from './keys.js';
import type { AuthLevel } from './routes.js';

/** What a key allows. Each `system` key opens the webhook of one extension. */
export type KeyLevel =
  { readonly level: 'anonymous' | 'function' | 'admin' } | { readonly level: 'system'; readonly extension: string };

/**
 * The level of a request's key. The header `x-functions-key` takes precedence over the query's `code`, even if it is
 * wrong. Names of query parameters ignore case.
 */
export function keyLevel(
  keys: HostKeys,
  headers: Readonly<Record<string, string>>,
  query: ReadonlyMap<string, string>,
): KeyLevel {
  const given = headers['x-functions-key'] ?? query.get('code')?.split(',')[0];
  if (given === undefined || given === '') return { level: 'anonymous' };
  if (sameKey(given, keys.master)) return { level: 'admin' };
  if (sameKey(given, keys.function)) return { level: 'function' };
  if (sameKey(given, keys.durable)) return { level: 'system', extension: 'durabletask' };
  if (sameKey(given, keys.eventGrid)) return { level: 'system', extension: 'eventgrid' };
  return { level: 'anonymous' };
}

/** Whether the key allows a function of this level. */
export function opensFunction(key: KeyLevel, needed: AuthLevel): boolean {
  return needed === 'anonymous' || key.level === 'admin' || (needed === 'function' && key.level === 'function');
}

/**
 * The refusal of an admin route or a webhook: 401 without a valid key, 403 with an insufficient one, undefined if
 * allowed.
 */
export function refusal(key: KeyLevel, extension?: string): 401 | 403 | undefined {
  if (key.level === 'admin') return undefined;
  if (key.level === 'anonymous') return 401;
  return key.level === 'system' && key.extension === extension?.toLowerCase() ? undefined : 403;
}
