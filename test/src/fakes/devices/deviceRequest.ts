import type { HttpRequest } from '@azure/functions';

/** A request as the host hands it on. */
export interface DeviceRequestParts {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly authorization?: string;
  readonly body?: string;
}

/** Builds a request of a device. */
export function deviceRequest({ method, path, authorization, body }: DeviceRequestParts): HttpRequest {
  const url = new URL(path, 'http://localhost:7071');
  return {
    method,
    url: url.href,
    query: url.searchParams,
    params: {},
    headers: new Headers(authorization === undefined ? {} : { authorization }),
    body: body === undefined ? null : new Blob([body]).stream(),
  } as unknown as HttpRequest;
}
