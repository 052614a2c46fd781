import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { boundedBody } from './boundedBody.js';
import { invalidRequest, problem } from '../answers/problem.js';
import { parseJson } from '@connected-registry/protocol/json/parseJson';

/** A parsed body, or the answer that refuses it. */
export type JsonBody = { readonly value: unknown } | { readonly refusal: HttpResponseInit };

/** Reads a request's body as JSON. @param max maximum bytes of the body */
export async function jsonBody(request: HttpRequest, max: number): Promise<JsonBody> {
  const body = await boundedBody(request, max);
  return 'tooLarge' in body ? { refusal: bodyTooLarge(max) } : parsedBody(body.bytes);
}

/** Parses a body that was read already. */
export function parsedBody(bytes: Buffer): JsonBody {
  const value = parseJson(bytes.toString('utf8'));
  if (value !== undefined) return { value };
  const isEmpty = bytes.length === 0;
  const message = isEmpty ? 'is missing' : 'is not JSON';
  const fix = `Send one JSON object in UTF-8${isEmpty ? ', {} if it has no fields' : ''}.`;
  return { refusal: invalidRequest([{ field: 'body', message, fix }]) };
}

/** Builds the answer to a body that is too large. @param max maximum bytes of the body */
export function bodyTooLarge(max: number): HttpResponseInit {
  return problem({
    status: 413,
    code: 'body-too-large',
    title: 'The body is too large.',
    detail: `Send at most ${max} bytes. Nothing was started.`,
  });
}
