import { setTimeout as pause } from 'node:timers/promises';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { resourceName } from '../../serviceErrors/serviceFacts.js';
import type { ServiceOperation } from '../../serviceErrors/serviceOperation.js';

/**
 * Where Resource Manager's writes are followed: below the resource, or below the subscription's location. A role on the
 * registry alone may not reach the latter; whether it has to is not said in public.
 */
const FOLLOWED = /\/operation(?:Statuses|Results)\//i;

/** Milliseconds between looks at the resource itself: some 80 seconds in all, where the slowest recorded write took 13. */
const PAUSES = [500, 1000, 2000, 3000, 4000, 5000, ...Array.from({ length: 13 }, () => 5000)];

/** What an SDK's error tells of the request that was refused. */
interface Refused {
  readonly statusCode?: unknown;
  readonly request?: { readonly url?: unknown };
}

/** How a write stands, by what the resource says of itself. */
export type Standing = 'busy' | 'done' | 'failed';

/**
 * True where the write was taken and only the news of its end is refused: forbidden, or not to be found, since an
 * operation may be forgotten before its resource.
 */
export function isRefusedPoll(error: unknown): boolean {
  const { statusCode, request }: Refused = typeof error === 'object' && error !== null ? error : {};
  if (statusCode !== 403 && statusCode !== 404) return false;
  return typeof request?.url === 'string' && FOLLOWED.test(new URL(request.url).pathname);
}

/**
 * Waits for a write's end; where its polls are refused, by looking at the resource.
 *
 * @param look how the resource stands
 * @param wait milliseconds; for tests
 * @throws what `write` throws, and ServiceError where the end does not come or is a failure
 */
export async function ended(
  { operation, resource }: { readonly operation: ServiceOperation; readonly resource: string },
  write: () => PromiseLike<unknown>,
  look: () => Promise<Standing>,
  wait: (milliseconds: number) => Promise<unknown> = pause,
): Promise<void> {
  try {
    await write();
    return;
  } catch (error) {
    if (!isRefusedPoll(error)) throw error;
  }
  for (const milliseconds of [0, ...PAUSES]) {
    if (milliseconds > 0) await wait(milliseconds);
    const standing = await look();
    if (standing === 'done') return;
    if (standing === 'failed')
      throw new ServiceError({
        kind: 'unavailable',
        operation,
        resource: resourceName(resource),
        detail: 'operation-failed',
      });
  }
  throw new ServiceError({
    kind: 'unavailable',
    operation,
    resource: resourceName(resource),
    detail: 'operation-unfinished',
  });
}

/** Of a write: what its resource's `provisioningState` comes to. Absent, it may not be there yet. */
export function standingOf(provisioningState: string | undefined): Standing {
  if (provisioningState === 'Succeeded') return 'done';
  return provisioningState === 'Failed' || provisioningState === 'Canceled' ? 'failed' : 'busy';
}
