import { createHash } from 'node:crypto';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { JsonText } from './jsonText.js';

/** The weak ETag of a text: equal texts have equal ones, in all instances of the app. */
export function etagOf(text: string): string {
  return `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
}

/** Whether the caller has what this ETag stands for (RFC 9110, 13.1.2: a list, compared weakly). */
export function isKnown({ headers }: Pick<HttpRequest, 'headers'>, etag: string): boolean {
  const known = headers.get('if-none-match');
  if (known === null) return false;
  const plain = (text: string) => text.trim().replace(/^W\//, '');
  return known.trim() === '*' || known.split(',').some((one) => plain(one) === plain(etag));
}

/** An answer with an ETag: 304 without a body if the caller has it already. @param body makes the body's JSON */
export function conditionalJson(
  request: Pick<HttpRequest, 'headers'>,
  etag: string,
  body: () => JsonText,
  headers: Readonly<Record<string, string>> = {},
): HttpResponseInit {
  if (isKnown(request, etag)) return { status: 304, headers: { ...headers, etag } };
  const encoded = body().for(request);
  return { status: 200, headers: { ...headers, etag, ...encoded.headers }, body: encoded.body };
}

/** The same for a value. */
export function conditionalAnswer(
  request: Pick<HttpRequest, 'headers'>,
  value: object,
  headers: Readonly<Record<string, string>> = {},
): HttpResponseInit {
  const etag = etagOf(JSON.stringify(value));
  if (isKnown(request, etag)) return { status: 304, headers: { ...headers, etag } };
  return { status: 200, headers: { ...headers, etag }, jsonBody: value };
}
