import { z } from 'zod';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../http/route.js';

/** A test control: below `/_control/`, which does not exist in Azure. */
export function controlRoute(method: Route['method'], path: string, handle: Route['handle']): Route {
  return { method, path: `/_control/${path}`, service: 'control', operation: `control/${path}`, handle };
}

/** Parses the body and handles it; an invalid body is answered with its errors. */
export function withBody<T extends z.ZodType>(
  call: Call,
  schema: T,
  use: (value: z.output<T>) => ApiReply | Promise<ApiReply>,
): ApiReply | Promise<ApiReply> {
  const value = parseJson(call.body.toString('utf8'));
  if (value === undefined) {
    return problem(400, 'The body is not JSON.');
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? use(parsed.data) : problem(400, z.prettifyError(parsed.error));
}

export function problem(status: number, detail: string): ApiReply {
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: { status, title: 'Bad control', detail },
  };
}
