import { sameName } from '@connected-registry/protocol/names/sameName';
import { badRequest } from '../errors.js';

/**
 * `$filter` with `eq` on `Properties/ParentId`, `Properties/Mode` and `Properties/ConnectionState`, joined by `and`.
 */
export function listFilter(
  text: string | undefined,
): (one: { parentId: string; mode: string; state: string }) => boolean {
  if (text === undefined || text === '') return () => true;
  const terms = text.split(/\s+and\s+/i).map((term) => {
    const parts = /^\s*(?:properties\/)?(parentid|parent\/id|mode|connectionstate)\s+eq\s+'?(.*?)'?\s*$/i.exec(term);
    if (!parts) throw badRequest('InvalidFilter', `The filter '${text}' is not supported.`, '$filter');
    return { field: (parts[1] ?? '').toLowerCase(), value: parts[2] ?? '' };
  });
  return (one) =>
    terms.every(({ field, value }) => {
      if (field === 'mode') return sameName(one.mode, value);
      if (field === 'connectionstate') return sameName(one.state, value);
      return sameName(one.parentId, value);
    });
}
