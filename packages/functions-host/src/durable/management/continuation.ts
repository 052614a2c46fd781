/** Pages of lists: the header has the id after which the next one begins. */
import type { ManagementRequest } from './request.js';

const header = 'x-ms-continuation-token';

/** The id after which a page begins; undefined for the first one. */
export function afterOf({ headers }: ManagementRequest): string | undefined {
  const token = headers[header] ?? '';
  return token === '' ? undefined : Buffer.from(token, 'base64').toString('utf8');
}

/** Headers of a page. */
export const continued = (next: string | undefined): Record<string, string> =>
  next === undefined ? {} : { [header]: Buffer.from(next, 'utf8').toString('base64') };
