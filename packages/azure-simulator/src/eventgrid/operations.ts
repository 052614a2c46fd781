import { randomUUID } from 'node:crypto';
import { armRoute } from '../arm/armRoute.js';
import { resourceNotFound } from '../arm/errors.js';
import { SUBSCRIPTION_PATH } from '../arm/ids.js';
import type { Busy } from '../arm/longRunning/longRunning.js';
import { RETRY_AFTER } from '../arm/longRunning/pace.js';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';

const PROVIDER = 'providers/Microsoft.EventGrid';

/** Routes of the polls of Event Grid's writes: below a location, or without one for sources that have none. */
export function operationRoutes(plane: Plane): Route[] {
  const paths = [`${SUBSCRIPTION_PATH}/${PROVIDER}`, `${SUBSCRIPTION_PATH}/${PROVIDER}/locations/{location}`];
  return paths.flatMap((path) =>
    ['operationsStatus', 'operationResults'].map((kind) =>
      armRoute(plane, {
        method: 'GET',
        path: `${path}/${kind}/{operation}`,
        action: `Microsoft.EventGrid/${kind}/read`,
        open: true,
        handle: (call) => poll(plane, call),
      }),
    ),
  );
}

/**
 * Starts an operation on a topic or an event subscription: all their writes are asynchronous (recorded).
 *
 * @param location of the source; undefined for a resource group or a subscription
 * @returns headers of the answer to the write
 */
export function follow(
  plane: Plane,
  call: Call,
  { resource, location, busy }: { resource: string; location: string | undefined; busy: Busy },
): Record<string, string> {
  const name = randomUUID();
  const below = location === undefined ? PROVIDER : `${PROVIDER}/locations/${location}`;
  const root = `/subscriptions/${plane.arm.subscriptionId}/${below}`;
  const query = new URLSearchParams({ 'api-version': call.query.get('api-version') ?? '' }).toString();
  const addressOf = (kind: string): string => `${plane.baseUrl}${root}/${kind}/${name}?${query}`;
  const own = { resource, kind: 'eventGrid', busy } as const;
  const body = { id: addressOf('operationsStatus'), name, status: 'Succeeded' };
  plane.operations.start({
    ...own,
    path: `${root}/operationsStatus/${name}`,
    by: 'Azure-AsyncOperation',
    result: { status: 200, body },
  });
  const headers = { 'azure-asyncoperation': addressOf('operationsStatus'), 'retry-after': RETRY_AFTER };
  if (busy !== 'Deleting') return headers;
  plane.operations.start({ ...own, path: `${root}/operationResults/${name}`, by: 'Location', result: { status: 200 } });
  return { ...headers, location: addressOf('operationResults') };
}

async function poll(plane: Plane, call: Call): Promise<ApiReply> {
  const path = decodeURI(call.path);
  const found = await plane.operations.poll(path);
  if (!found) throw resourceNotFound(path);
  if ('result' in found) return found.result;
  const headers = { 'retry-after': RETRY_AFTER };
  const address = `${plane.baseUrl}${path}?${new URLSearchParams([...call.query]).toString()}`;
  if (found.by === 'Location') return { status: 202, headers: { ...headers, location: address } };
  return { status: 200, headers, body: { id: address, name: call.params['operation'], status: 'InProgress' } };
}
