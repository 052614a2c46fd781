import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { z } from 'zod';
import type { Config } from '../../../settings/config.js';
import { findRegistry } from '../../../settings/registries.js';
import { invalidQuery } from '../answers/problem.js';
import { unknownRegistry } from './clientsBody.js';
import { parseContinuation } from './continuation.js';
import { badContinuation, queryParameters } from './queryParameters.js';

/** What narrows a list, and where its page starts. */
interface ListQuery {
  readonly registry?: string | undefined;
  readonly continuation?: string | undefined;
}

/**
 * Reads the parameters of a list that may be narrowed to one registry, which must be one that the settings name.
 *
 * @param schema a strict object of texts
 * @param help rule of each parameter, by name
 */
export function listParameters<Query extends ListQuery>(
  request: HttpRequest,
  schema: z.ZodType<Query>,
  help: Readonly<Record<string, string>>,
  config: Pick<Config, 'registries'>,
): { readonly query: Query } | { readonly refusal: HttpResponseInit } {
  const parsed = queryParameters(request, schema, help);
  if ('refusal' in parsed || parsed.query.registry === undefined) return parsed;
  return findRegistry(config, parsed.query.registry)
    ? parsed
    : { refusal: invalidQuery([unknownRegistry('registry', config)]) };
}

/**
 * Reads where a page starts.
 *
 * @param form of the place that this app put into the continuation
 * @param filter with which the previous page was asked for
 * @returns `place` is undefined for the first page
 */
export function pageStart<Place>(
  continuation: string | undefined,
  form: z.ZodType<Place>,
  filter: object,
): { readonly place: Place | undefined } | { readonly refusal: HttpResponseInit } {
  if (continuation === undefined) return { place: undefined };
  const place = parseContinuation(continuation, form, filter);
  return place === undefined ? { refusal: badContinuation() } : { place };
}
