/** Requests to the management API, and the dependencies of its routes. */
import type { WebRequest } from '../../extension.js';
import type { Quirks } from '../../log/quirks.js';
import type { Client } from '../client/client.js';
import type { DurableFunctions } from '../functions.js';
import { bodyText } from '../http/bodyText.js';
import type { LinkParts } from './links.js';

/** Dependencies of the routes. */
export interface Management {
  readonly client: Client;
  readonly functions: DurableFunctions;
  readonly links: Omit<LinkParts, 'origin'>;
  readonly quirks: Quirks;
  /** Whether the app has a storage connection of this name. */
  hasConnection(name: string): boolean;
}

/** A request under one of the two base paths. */
export interface ManagementRequest extends WebRequest {
  readonly query: URLSearchParams;
}

const form = /^\s*(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i;

/**
 * The body as text. Of a form nothing is left: ASP.NET has read it before.
 * @throws HttpRequestFormError for a charset that .NET does not know
 */
export function requestText({ body, headers }: ManagementRequest): string {
  const type = headers['content-type'];
  return form.test(type ?? '') ? '' : bodyText(body, type);
}
