import type { IncomingHttpHeaders } from 'node:http';
import type { BearerTokens } from '../access/bearerTokens.js';
import type { Clock } from '../clock.js';
import type { ImageLibrary } from '../images/library.js';
import type { ClientToken } from '../sync/snapshot.js';

/** A request as the registry's handlers see it. */
export interface RegistryRequest {
  method: string;
  /** Decoded path, without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** The host and port that the client used, which is also the name of this service in its tokens. */
  host: string;
  /** The whole body as text; throws {@link BodyTooLarge} beyond a small limit. */
  body(): Promise<string>;
}

export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge';
}

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** What the registry serves at this moment: the state of the last sync, in the form that requests need. */
export interface Serving {
  mode: string;
  images: ImageLibrary;
  tokens: ReadonlyMap<string, ClientToken>;
}

export interface RegistryContext {
  clock: Clock;
  bearerTokens: BearerTokens;
  serving(): Serving;
}

export function reply(status: number, headers: Record<string, string> = {}, body: Buffer = Buffer.alloc(0)): Reply {
  return { status, headers: { 'content-length': String(body.length), ...headers }, body };
}

export function jsonReply(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return reply(
    status,
    { 'content-type': 'application/json; charset=utf-8', ...headers },
    Buffer.from(JSON.stringify(value)),
  );
}
