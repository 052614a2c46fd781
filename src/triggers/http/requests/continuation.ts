import { z } from 'zod';
import { shortHash } from '@connected-registry/protocol/names/clientKey';
import { parseJson } from '@connected-registry/protocol/json/parseJson';

/** What a caller gets back for the next page: where it begins, and which filters it goes with. Nothing secret is in it. */
export function formatContinuation(place: object, filters: object): string {
  return Buffer.from(JSON.stringify({ place, filters: hashOf(filters) })).toString('base64url');
}

/** Undefined when it is none of ours, or belongs to other filters. */
export function parseContinuation<Place>(text: string, place: z.ZodType<Place>, filters: object): Place | undefined {
  const value = parseJson(Buffer.from(text, 'base64url').toString('utf8'));
  const parsed = z.strictObject({ place, filters: z.literal(hashOf(filters)) }).safeParse(value);
  return parsed.success ? parsed.data.place : undefined;
}

/** Filters that are absent count for nothing. */
function hashOf(filters: object): string {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  return shortHash(
    given.sort(([left], [right]) => left.localeCompare(right)),
    12,
  );
}
