import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { z } from 'zod';
import { PRINCIPAL_HEADER } from '../../../domain/clients/operatorAccess.js';
import { fieldErrors, invalidQuery, invalidRequest } from '../answers/problem.js';

/**
 * The host reads its key from this parameter, unless a header has the key: then the parameter is the route's. Source:
 * azure-functions-host, AuthenticationLevelHandler, which reads the header first.
 */
const KEY_PARAMETER = 'code';
const AUTHENTICATION_HEADERS = ['x-functions-key', PRINCIPAL_HEADER];

function isHostKey(request: HttpRequest, name: string, help: Readonly<Record<string, string>>): boolean {
  if (name !== KEY_PARAMETER) return false;
  return !Object.hasOwn(help, name) || !AUTHENTICATION_HEADERS.some((header) => request.headers.has(header));
}

/**
 * Reads the parameters of a request.
 * @param schema a strict object of texts
 * @param help rule of each parameter, by name
 * @param consequence a sentence about what was not done, if they are invalid
 */
export function queryParameters<Query>(
  request: HttpRequest,
  schema: z.ZodType<Query>,
  help: Readonly<Record<string, string>>,
  consequence?: string,
): { readonly query: Query } | { readonly refusal: HttpResponseInit } {
  const given = Object.fromEntries([...request.query].filter(([name]) => !isHostKey(request, name, help)));
  const parsed = schema.safeParse(given, { reportInput: true });
  if (parsed.success) return { query: parsed.data };
  const errors = fieldErrors(parsed.error, help);
  return { refusal: consequence === undefined ? invalidQuery(errors) : invalidRequest(errors, consequence) };
}

/** Builds the answer to an invalid continuation. */
export function badContinuation(): HttpResponseInit {
  return invalidQuery([
    {
      field: 'continuation',
      message: 'is not valid for these filters',
      fix: 'Send the continuation of the previous page with the same filters, or omit it to begin again.',
    },
  ]);
}
