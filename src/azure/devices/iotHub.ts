import type { TokenCredential } from '@azure/identity';
import type { Config } from '../../settings/config.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { resourceName } from '../../serviceErrors/serviceFacts.js';
import type { ServiceOperation } from '../../serviceErrors/serviceOperation.js';
import { calling } from '../calls/serviceErrors.js';

/** Source: Microsoft's REST reference, IoT Hub service. */
const API_VERSION = '2021-04-12';

/** Milliseconds after which a call counts as unanswered; a direct method is given its own time on top. */
const PATIENCE = 20_000;

export interface HubCall {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Below the hub's address; parts that come from outside are escaped. */
  readonly path: string;
  readonly body?: unknown;
  /** What is tried and on what, for errors. */
  readonly operation: ServiceOperation;
  readonly resource: string;
  /** Milliseconds that the hub itself may wait for the device. */
  readonly deviceTime?: number;
}

/**
 * The service API of the configured IoT Hubs, with the app's own identity: a few calls of plain REST are all that is
 * needed, and the service's SDK would bring AMQP with it. Nothing is retried inside. Throws ServiceError.
 */
export function createIotHub(config: Pick<Config, 'hubs' | 'hubAudience'>, credential: TokenCredential) {
  return async (hub: string, call: HubCall): Promise<unknown> => {
    const { method, path, body, operation, resource, deviceTime = 0 } = call;
    const base = config.hubs[hub.toLowerCase()];
    if (base === undefined)
      throw new ServiceError({
        kind: 'refused',
        operation,
        resource: resourceName(resource),
        detail: 'hub-not-configured',
      });
    return calling(operation, resource, async () => {
      const token = await credential.getToken(`${config.hubAudience}/.default`);
      const response = await fetch(`${base}${path}?api-version=${API_VERSION}`, {
        method,
        headers: {
          authorization: `Bearer ${token?.token ?? ''}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // A redirect would take the token elsewhere.
        redirect: 'error',
        signal: AbortSignal.timeout(PATIENCE + deviceTime),
      });
      if (!response.ok) {
        await response.body?.cancel();
        throw new HubRefusal(response);
      }
      const text = await response.text();
      return text === '' ? undefined : (JSON.parse(text) as unknown);
    });
  };
}
export type IotHub = ReturnType<typeof createIotHub>;

/**
 * An answer that is no success, in the form in which SDKs have them; its body is not read. Source: Azure docs, iot-hub
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

/** The hub knows no such device or module: not the same as one that is not connected, which is a 404 too. */
export function isUnknownDevice(error: unknown): boolean {
  return error instanceof ServiceError && error.status === 404 && (error.code ?? '').endsWith('NotFound');
}
