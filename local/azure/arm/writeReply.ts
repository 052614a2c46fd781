import type { ApiReply } from '../http/message.js';
import type { Call } from '../pipeline.js';
import type { Plane } from '../plane.js';

interface Write {
  /** The resource's id. */
  resource: string;
  /** Begins the operation's name: `token` in `token-GUID`. */
  kind: string;
  /** Where the live service was recorded to be asynchronous for this write. */
  asynchronous: boolean;
}

/**
 * The answer to a PUT or PATCH. Synchronous: 200 with the resource. Asynchronous: 201 with the resource as it is for
 * now, `Azure-AsyncOperation` and `Retry-After` (azure-cli test recordings).
 *
 * @param body makes the resource's JSON; called once the operation is under way, so that it shows in it
 */
export function resourceReply(
  plane: Plane,
  call: Call,
  write: Write & { created: boolean },
  body: () => unknown,
): ApiReply {
  if (!write.asynchronous && plane.settings.asynchronousWrites === 'recorded') return { status: 200, body: body() };
  const id = plane.operations.begin(write.resource, write.created ? 'Creating' : 'Updating');
  return {
    status: 201,
    headers: { 'azure-asyncoperation': operationUrl(plane, call, write, id), 'retry-after': '1' },
    body: body(),
  };
}

/** The answer to a DELETE: 200, or 202 with `Location`. */
export function deletedReply(plane: Plane, call: Call, write: Write): ApiReply {
  return resultReply(plane, call, write, 'Deleting', { status: 200 });
}

/** The answer to a POST with a result: the result itself, or 202 with a `Location` that will have it. */
export function resultReply(
  plane: Plane,
  call: Call,
  write: Write,
  busy: 'Updating' | 'Deleting',
  result: ApiReply,
): ApiReply {
  if (!write.asynchronous && plane.settings.asynchronousWrites === 'recorded') return result;
  const id = plane.operations.begin(write.resource, busy, result);
  return { status: 202, headers: { location: operationUrl(plane, call, write, id), 'retry-after': '1' } };
}

function operationUrl(plane: Plane, call: Call, write: Write, id: string): string {
  const version = call.query.get('api-version') ?? '';
  return `${plane.baseUrl}${write.resource}/operationStatuses/${write.kind}-${id}?api-version=${encodeURIComponent(version)}`;
}
