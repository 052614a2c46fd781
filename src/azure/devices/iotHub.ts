import type { TokenCredential } from '@azure/identity';
import type { HubTarget } from '@connected-registry/protocol/messages/deviceChannel';
import type { Config } from '../../settings/config.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { resourceName } from '../../serviceErrors/serviceFacts.js';
import type { ServiceOperation } from '../../serviceErrors/serviceOperation.js';
import { budgetPolicy } from '../budget/budgetPolicy.js';
import { hubBucket } from '../budget/deviceBuckets.js';
import type { Turns } from '../budget/turns.js';
import { calling } from '../calls/serviceErrors.js';

/** The api-version. Source: Microsoft's REST reference, IoT Hub service. */
const API_VERSION = '2021-04-12';

/** Milliseconds to wait for an answer; a direct method adds its own timeout. */
const PATIENCE = 20_000;

interface HubCall {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Path below the hub's address; parts from outside are escaped. */
  readonly path: string;
  readonly body?: unknown;
  /** Operation and resource, for errors. */
  readonly operation: ServiceOperation;
  readonly resource: string;
  /** Milliseconds that the hub waits for the device. */
  readonly deviceTime?: number;
}

/**
 * Creates calls of the configured IoT Hubs' service API, with the app's own identity. The app needs few calls, so it
 * uses REST directly; the SDK would add AMQP. Nothing is retried. The calls throw ServiceError.
 *
 * @param turns gives each request its token
 */
export function createIotHub(config: Pick<Config, 'hubs' | 'hubAudience'>, credential: TokenCredential, turns: Turns) {
  const budget = budgetPolicy(turns, hubBucket);
  const baseOf = (hub: string) => config.hubs[hub.toLowerCase()];

  async function call(
    hub: string,
    { method, path, body, operation, resource, deviceTime = 0 }: HubCall,
  ): Promise<unknown> {
    const base = baseOf(hub);
    if (base === undefined)
      throw new ServiceError({
        kind: 'refused',
        operation,
        resource: resourceName(resource),
        detail: 'hub-not-configured',
      });
    return calling(operation, resource, async () => {
      const token = await credential.getToken(`${config.hubAudience}/.default`);
      const url = `${base}${path}?api-version=${API_VERSION}`;
      const response = await budget.sendRequest({ method, url }, async (request) =>
        fetch(request.url, {
          method,
          headers: {
            authorization: `Bearer ${token?.token ?? ''}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          // A redirect would send the token to another host.
          redirect: 'error',
          signal: AbortSignal.timeout(PATIENCE + deviceTime),
        }),
      );
      if (!response.ok) {
        await response.body?.cancel();
        throw new HubRefusal(response);
      }
      const text = await response.text();
      return text === '' ? undefined : (JSON.parse(text) as unknown);
    });
  }

  return {
    call,
    /** The host name of a hub; empty for one that the settings do not name. */
    hostOf: (hub: string): string => {
      const base = baseOf(hub);
      return base === undefined ? '' : new URL(base).hostname;
    },
  };
}
export type IotHub = ReturnType<typeof createIotHub>;

/**
 * A failed answer in the form of an SDK's error. Its body is not read. Source: Azure docs, iot-hub
 * troubleshoot-error-codes.
 */
class HubRefusal extends Error {
  override readonly name = 'HubRefusal';
  readonly statusCode: number;
  readonly code: string | undefined;
  readonly response: { readonly headers: Headers };

  constructor({ status, headers }: Response) {
    super(`status ${status}`);
    this.statusCode = status;
    this.code = headers.get('iothub-errorcode') ?? undefined;
    this.response = { headers };
  }
}

/** The path of a device's twin, or of its module's. */
export function twinPath(device: string, { module }: Pick<HubTarget, 'module'>): string {
  const path = `/twins/${encodeURIComponent(device)}`;
  return module === undefined ? path : `${path}/modules/${encodeURIComponent(module)}`;
}

/** True when the hub has no such device or module. A device that is not connected is also answered with 404. */
export function isUnknownDevice(error: unknown): boolean {
  return error instanceof ServiceError && error.status === 404 && (error.code ?? '').endsWith('NotFound');
}
