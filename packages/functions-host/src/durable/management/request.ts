/** A request to the management API, and what its routes work with. */
import type { WebRequest } from '../../extension.js';
import type { Client } from '../client/client.js';
import type { DurableFunctions } from '../functions.js';
import type { LinkParts } from './links.js';

/** What the routes work with. */
export interface Management {
  readonly client: Client;
  readonly functions: DurableFunctions;
  readonly links: Omit<LinkParts, 'origin'>;
}

/** A request under one of the two base paths. */
export interface ManagementRequest extends WebRequest {
  readonly query: URLSearchParams;
}
