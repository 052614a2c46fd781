import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { invalidRequest, problem } from '../answers/problem.js';
import { boundedBody } from './boundedBody.js';
import { bodyTooLarge } from './jsonBody.js';

/** A body as it was before it was compressed, or the answer that refuses it. */
type CompressedBody = { readonly bytes: Buffer } | { readonly refusal: HttpResponseInit };

/**
 * Reads a body that may be compressed with gzip (`Content-Encoding`, RFC 9110 section 8.4). A deployment's host accepts
 * shorter bodies than a large rollout has (`FUNCTIONS_REQUEST_BODY_SIZE_LIMIT`), so such bodies are sent compressed.
 * @param max maximum bytes, both as sent and decompressed
 */
export async function compressedBody(request: HttpRequest, max: number): Promise<CompressedBody> {
  const body = await boundedBody(request, max);
  if ('tooLarge' in body) return { refusal: bodyTooLarge(max) };
  const encoding = (request.headers.get('content-encoding') ?? '').trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return body;
  if (encoding !== 'gzip') return { refusal: unknownEncoding() };
  try {
    return { bytes: await promisify(gunzip)(body.bytes, { maxOutputLength: max }) };
  } catch (error) {
    return { refusal: isTooLong(error) ? bodyTooLarge(max) : damaged() };
  }
}

function isTooLong(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

function damaged(): HttpResponseInit {
  const fix = 'Compress the body with gzip, or omit Content-Encoding.';
  return invalidRequest([{ field: 'body', message: 'is not compressed with gzip, or is incomplete', fix }]);
}

function unknownEncoding(): HttpResponseInit {
  return problem(
    {
      status: 415,
      code: 'unsupported-media-type',
      title: 'The content encoding is not supported.',
      detail: 'Compress the body with gzip (Content-Encoding: gzip), or send it as it is. Nothing was started.',
    },
    { 'accept-encoding': 'gzip, identity' },
  );
}
