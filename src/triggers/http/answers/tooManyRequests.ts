import type { HttpResponseInit } from '@azure/functions';
import { problem } from './problem.js';

/** @param seconds after which the same request may pass. */
export function tooManyRequests(seconds: number): HttpResponseInit {
  return problem(
    {
      status: 429,
      code: 'too-many-requests',
      title: 'Too many requests.',
      detail: `Send it again in ${seconds} s.`,
    },
    { 'retry-after': String(seconds) },
  );
}
