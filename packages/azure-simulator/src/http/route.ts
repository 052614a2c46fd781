import type { Principal } from '../access/identities.js';
import type { ApiReply, ApiRequest } from './message.js';

export type ServiceName = 'entra' | 'arm' | 'vault' | 'topic' | 'iothub' | 'gateway' | 'control';

/** A request with an identified sender. */
export interface Call extends ApiRequest {
  readonly principal: Principal;
}

export interface Route {
  method: 'GET' | 'HEAD' | 'PUT' | 'PATCH' | 'POST' | 'DELETE' | 'OPTIONS';
  path: string;
  service: ServiceName;
  /** Its name in counters and faults: the action's name if Azure has one. */
  operation: string;
  handle(call: Call): ApiReply | Promise<ApiReply>;
}
