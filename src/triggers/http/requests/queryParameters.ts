import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { z } from 'zod';
import { PRINCIPAL_HEADER } from '../../../domain/clients/operatorAccess.js';
import { fieldErrors, invalidQuery } from '../answers/problem.js';

/**
 * The host takes its key from it, unless a header has the key: then the parameter is ours. Source: azure-functions-host,
 * AuthenticationLevelHandler, which looks at the header first.
 */
const MAY_BE_THE_KEY = 'code';
const SAYS_WHO_ASKS = ['x-functions-key', PRINCIPAL_HEADER];

function isTheKey(request: HttpRequest, name: string, help: Readonly<Record<string, string>>): boolean {
  if (name !== MAY_BE_THE_KEY) return false;
  return !Object.hasOwn(help, name) || !SAYS_WHO_ASKS.some((header) => request.headers.has(header));
}

/**
 * Reads the parameters of a GET. @param schema a strict object of texts.
 * @param help how each must look, by its name.
 */
export function queryParameters<Query>(
  request: HttpRequest,
  schema: z.ZodType<Query>,
  help: Readonly<Record<string, string>>,
): { readonly query: Query } | { readonly refusal: HttpResponseInit } {
  const given = Object.fromEntries([...request.query].filter(([name]) => !isTheKey(request, name, help)));
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
