import type { Principal } from '../access/identities.js';
import type { ApiReply, ApiRequest } from './message.js';

export type ServiceName = 'entra' | 'arm' | 'vault' | 'topic' | 'iothub' | 'gateway' | 'control';

/** A request whose sender is known. */
export interface Call extends ApiRequest {
  readonly principal: Principal;
}

export interface Route {
  method: 'GET' | 'HEAD' | 'PUT' | 'PATCH' | 'POST' | 'DELETE' | 'OPTIONS';
  path: string;
  service: ServiceName;
  /** What counters and faults call it: the action's name where Azure has one. */
  operation: string;
  handle(call: Call): ApiReply | Promise<ApiReply>;
}
