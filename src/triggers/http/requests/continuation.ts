import { z } from 'zod';
import { shortHash } from '@connected-registry/protocol/names/clientKey';
import { parseJson } from '@connected-registry/protocol/json/parseJson';

/** Formats the continuation of the next page: its position and a hash of the filters. It contains no secret. */
export function formatContinuation(place: object, filters: object): string {
  return Buffer.from(JSON.stringify({ place, filters: hashOf(filters) })).toString('base64url');
}

/** Parses a continuation; undefined if it is invalid or belongs to other filters. */
export function parseContinuation<Place>(text: string, place: z.ZodType<Place>, filters: object): Place | undefined {
  const value = parseJson(Buffer.from(text, 'base64url').toString('utf8'));
  const parsed = z.strictObject({ place, filters: z.literal(hashOf(filters)) }).safeParse(value);
  return parsed.success ? parsed.data.place : undefined;
}

/** A hash of the filters, without absent ones. */
function hashOf(filters: object): string {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  return shortHash(
    given.sort(([left], [right]) => left.localeCompare(right)),
    12,
  );
}
