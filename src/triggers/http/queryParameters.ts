import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { z } from 'zod';
import { fieldErrors, invalidQuery } from './problem.js';

/** The host takes its key from it; it is not ours to judge. */
const OF_THE_HOST = 'code';

/**
 * Reads the parameters of a GET. @param schema a strict object of texts.
 * @param help how each must look, by its name.
 */
export function queryParameters<Query>(
  request: HttpRequest,
  schema: z.ZodType<Query>,
  help: Readonly<Record<string, string>>,
): { readonly query: Query } | { readonly refusal: HttpResponseInit } {
  const given = Object.fromEntries([...request.query].filter(([name]) => name !== OF_THE_HOST));
  const parsed = schema.safeParse(given, { reportInput: true });
  return parsed.success ? { query: parsed.data } : { refusal: invalidQuery(fieldErrors(parsed.error, help)) };
}

/** The answer to a continuation that was not given for these filters. */
export function badContinuation(): HttpResponseInit {
  return invalidQuery([
    {
      field: 'continuation',
      message: 'was not given for these filters',
      fix: 'Send what the page before gave, with the same filters, or leave it out to begin anew.',
    },
  ]);
}
