import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { invalidRequest, problem } from './problem.js';

export type JsonBody = { readonly value: unknown } | { readonly refusal: HttpResponseInit };

/** Reads a request's body as JSON. @param most longest body taken, in bytes. */
export async function jsonBody(request: HttpRequest, most: number): Promise<JsonBody> {
  const bytes = Buffer.from(await request.arrayBuffer());
  if (bytes.length > most)
    return {
      refusal: problem({
        status: 413,
        code: 'body-too-large',
        title: 'The body is too large.',
        detail: `It has ${bytes.length} bytes; at most ${most} are taken.`,
      }),
    };
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return { value };
  } catch {
    const message = bytes.length === 0 ? 'is missing' : 'is not JSON';
    const fix = `Send one JSON object, in UTF-8${bytes.length === 0 ? '; {} where it is to say nothing' : ''}.`;
    return { refusal: invalidRequest([{ field: 'body', message, fix }]) };
  }
}
