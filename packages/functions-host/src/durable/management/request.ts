/** Requests to the management API, and the dependencies of its routes. */
import type { WebRequest } from '../../extension.js';
import type { HostLog } from '../../log/log.js';
import type { Client } from '../client/client.js';
import type { DurableFunctions } from '../functions.js';
import type { LinkParts } from './links.js';

/** Dependencies of the routes. */
export interface Management {
  readonly client: Client;
  readonly functions: DurableFunctions;
  readonly links: Omit<LinkParts, 'origin'>;
  readonly log: HostLog;
  /** Whether the app has a storage connection of this name. */
  hasConnection(name: string): boolean;
}

/** A request under one of the two base paths. */
export interface ManagementRequest extends WebRequest {
  readonly query: URLSearchParams;
}
