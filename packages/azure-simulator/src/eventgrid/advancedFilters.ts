import { z } from 'zod';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type { AnyEvent } from './events.js';

/** Maximum filters, and values of a filter (Azure docs: event-grid event-filtering, limitations). */
const MAX_ITEMS = 25;
const key = z.string().min(1);
const listOf = <Value extends z.ZodType>(value: Value) => z.array(value).min(1).max(MAX_ITEMS);

const STRINGS = ['StringIn', 'StringBeginsWith', 'StringEndsWith', 'StringContains'] as const;
const NOT_STRINGS = ['StringNotIn', 'StringNotBeginsWith', 'StringNotEndsWith', 'StringNotContains'] as const;
const BOUNDS = ['NumberLessThan', 'NumberLessThanOrEquals', 'NumberGreaterThan', 'NumberGreaterThanOrEquals'] as const;

const filter = z.discriminatedUnion('operatorType', [
  z.object({ operatorType: z.enum([...STRINGS, ...NOT_STRINGS]), key, values: listOf(z.string()) }),
  z.object({ operatorType: z.enum(['NumberIn', 'NumberNotIn']), key, values: listOf(z.number()) }),
  z.object({
    operatorType: z.enum(['NumberInRange', 'NumberNotInRange']),
    key,
    values: listOf(z.tuple([z.number(), z.number()])),
  }),
  z.object({ operatorType: z.enum(BOUNDS), key, value: z.number() }),
  z.object({ operatorType: z.literal('BoolEquals'), key, value: z.boolean() }),
  z.object({ operatorType: z.enum(['IsNullOrUndefined', 'IsNotNull']), key }),
]);
/** Advanced filters in ARM's requests and answers. */
export const advancedFilters = z.array(filter).max(MAX_ITEMS);
export type AdvancedFilter = z.output<typeof filter>;

/**
 * Whether an event passes all filters (Azure docs: event-grid event-filtering). A missing key passes only negated
 * filters. Texts are compared without regard to case.
 *
 * @param onArrays whether the elements of a list are compared one by one; otherwise a list never passes
 */
export function passes(filters: readonly AdvancedFilter[], onArrays: boolean, { event }: AnyEvent): boolean {
  return filters.every((one) => {
    const found = valueAt(event, one.key);
    if (one.operatorType === 'IsNullOrUndefined') return found === undefined || found === null;
    if (one.operatorType === 'IsNotNull') return found !== undefined && found !== null;
    const isNot = one.operatorType.includes('Not');
    if (Array.isArray(found) && !onArrays) return false;
    const values: readonly unknown[] = Array.isArray(found) ? found : [found];
    return isNot ? !values.some((value) => matches(one, value)) : values.some((value) => matches(one, value));
  });
}

/** Whether a filter's operator matches a value; for a negated operator, whether its opposite does. */
function matches(one: AdvancedFilter, value: unknown): boolean {
  switch (one.operatorType) {
    case 'IsNullOrUndefined':
    case 'IsNotNull':
      return false;
    case 'BoolEquals':
      return value === one.value;
    case 'NumberIn':
    case 'NumberNotIn':
      return typeof value === 'number' && one.values.includes(value);
    case 'NumberInRange':
    case 'NumberNotInRange':
      return typeof value === 'number' && one.values.some(([min, max]) => min <= value && value <= max);
    case 'NumberLessThan':
      return typeof value === 'number' && value < one.value;
    case 'NumberLessThanOrEquals':
      return typeof value === 'number' && value <= one.value;
    case 'NumberGreaterThan':
      return typeof value === 'number' && value > one.value;
    case 'NumberGreaterThanOrEquals':
      return typeof value === 'number' && value >= one.value;
    default:
      return typeof value === 'string' && one.values.some((named) => isLike(one.operatorType, value, named));
  }
}

function isLike(operator: string, value: string, named: string): boolean {
  const [text, part] = [value.toLowerCase(), named.toLowerCase()];
  if (operator.endsWith('BeginsWith')) return text.startsWith(part);
  if (operator.endsWith('EndsWith')) return text.endsWith(part);
  return operator.endsWith('Contains') ? text.includes(part) : text === part;
}

/** The value at `subject` or `data.a.b`. Names of the event's own properties ignore case; names in its data do not. */
export function valueAt(event: object, path: string): unknown {
  const [first = '', ...rest] = path.split('.');
  const own = Object.entries(event).find(([name]) => sameName(name, first))?.[1] as unknown;
  return rest.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined,
    own,
  );
}
