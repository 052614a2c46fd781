import type { IncomingHttpHeaders } from 'node:http';
import type { BearerTokens } from '../access/bearerTokens.js';
import type { EdgeClock } from '../edgeClock.js';
import type { ImageLibrary } from '../images/library.js';
import type { ClientToken } from '@connected-registry/azure-simulator/gateway/messages';
import type { PushedContent } from '../push/pushedContent.js';
import type { Uploads } from '../push/uploads.js';

/** Additional facts about an answer for the log. Never a secret. */
export type Noted = Readonly<Record<string, string | number | boolean>>;

/** A request as the registry's handlers read it. */
export interface RegistryRequest {
  method: string;
  /** Decoded path, without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** The host and port that the client used, which is also the name of the service in its tokens. */
  host: string;
  /**
   * The whole body.
   * @throws BodyTooLarge above `limit` bytes
   */
  bytes(limit: number): Promise<Buffer>;
}

export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge';
}

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  /** For the log only; it is not sent. */
  noted?: Noted;
}

/** The state of the last sync, prepared for requests. */
export interface Serving {
  mode: string;
  images: ImageLibrary;
  tokens: ReadonlyMap<string, ClientToken>;
  /** Actions of the sync scope and of all scopes above it. */
  scopes: readonly (readonly string[])[];
}

export interface RegistryContext {
  clock: EdgeClock;
  bearerTokens: BearerTokens;
  serving(): Serving;
  pushed: PushedContent;
  uploads: Uploads;
}

export function reply(status: number, headers: Record<string, string> = {}, body: Buffer = Buffer.alloc(0)): Reply {
  const length: Record<string, string> = status === 204 ? {} : { 'content-length': String(body.length) };
  return { status, headers: { ...length, ...headers }, body };
}

export function jsonReply(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return reply(
    status,
    { 'content-type': 'application/json; charset=utf-8', ...headers },
    Buffer.from(JSON.stringify(value)),
  );
}
