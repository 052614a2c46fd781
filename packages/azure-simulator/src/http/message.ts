import type { IncomingHttpHeaders } from 'node:http';

/** One request in the form that all services here use. */
export interface ApiRequest {
  readonly method: string;
  /** As sent, still encoded, without the query. */
  readonly path: string;
  /** By lower-case, decoded name: the JavaScript SDKs send `api%2Dversion`. A repeated name keeps its first value. */
  readonly query: ReadonlyMap<string, string>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** From the route's pattern, decoded, with the case as sent. */
  readonly params: Readonly<Record<string, string>>;
  /** This request's own id, returned as `x-ms-request-id`. */
  readonly id: string;
}

export interface ApiReply {
  status: number;
  headers?: Record<string, string>;
  /** Sent as JSON; a string is sent unchanged. */
  body?: unknown;
}

/**
 * Thrown by handlers to end the request with this reply. Its message is for logs and tests, the reply for the client.
 */
export class RefusedRequest extends Error {
  constructor(readonly reply: ApiReply) {
    super(`refused with ${reply.status}`);
  }
}

/** A header's first value. */
export function header(request: Pick<ApiRequest, 'headers'>, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

export function parseQuery(search: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(search)) {
    const key = name.toLowerCase();
    if (!query.has(key)) query.set(key, value);
  }
  return query;
}
