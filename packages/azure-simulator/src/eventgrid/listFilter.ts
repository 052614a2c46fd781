import { badRequest } from '../arm/errors.js';
import type { Call } from '../http/route.js';

/**
 * Applies `$filter` on names, by `eq` or CONTAINS, and `$top`, as Event Grid's lists support them (azure-cli test
 * recordings).
 */
export function filtered<T extends { readonly name: string }>(call: Call, items: readonly T[]): T[] {
  const filter = call.query.get('$filter')?.trim() ?? '';
  const max = Number(call.query.get('$top') ?? 100);
  return items.filter(matcher(filter)).slice(0, max);
}

function matcher(filter: string): (item: { readonly name: string }) => boolean {
  if (filter === '') return () => true;
  const equal = /^name\s+eq\s+'([^']*)'$/i.exec(filter)?.[1]?.toLowerCase();
  if (equal !== undefined) return ({ name }) => name.toLowerCase() === equal;
  const part = /^contains\(\s*name\s*,\s*'([^']*)'\s*\)$/i.exec(filter)?.[1]?.toLowerCase();
  if (part !== undefined) return ({ name }) => name.toLowerCase().includes(part);
  throw badRequest('InvalidRequest', `The filter '${filter}' is not supported here.`);
}
