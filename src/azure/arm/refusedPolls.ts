import { setTimeout as pause } from 'node:timers/promises';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { resourceName } from '../../serviceErrors/serviceFacts.js';
import type { ServiceOperation } from '../../serviceErrors/serviceOperation.js';

/**
 * Addresses at which Resource Manager's asynchronous operations are polled: below the resource, or below the
 * subscription's location. A role on the registry alone may not allow the latter; Azure does not document whether it
 * must.
 */
const FOLLOWED = /\/operation(?:Statuses|Results)\//i;

/** Milliseconds between reads of the resource: 80 seconds in total; the slowest recorded write took 13. */
const PAUSES = [500, 1000, 2000, 3000, 4000, 5000, ...Array.from({ length: 13 }, () => 5000)];

/** The parts of an SDK's error that describe the refused request. */
interface RefusedPoll {
  readonly statusCode?: unknown;
  readonly request?: { readonly url?: unknown };
}

/** The state of a write, as the resource's own state shows it. */
export type PollStanding = 'busy' | 'done' | 'failed';

/**
 * True when the service accepted the write and refused only a poll: with 403, or with 404, since the service may forget
 * an operation before its resource.
 */
export function isRefusedPoll(error: unknown): boolean {
  const { statusCode, request }: RefusedPoll = typeof error === 'object' && error !== null ? error : {};
  if (statusCode !== 403 && statusCode !== 404) return false;
  return typeof request?.url === 'string' && FOLLOWED.test(new URL(request.url).pathname);
}

/**
 * Waits for a write's end. When its polls are refused, reads the resource until its state shows the end.
 *
 * @param look reads the state of the write from the resource.
 * @param wait milliseconds between reads; for tests.
 * @throws what `write` throws; ServiceError when the write fails or does not end in time.
 */
export async function ended(
  { operation, resource }: { readonly operation: ServiceOperation; readonly resource: string },
  write: () => PromiseLike<unknown>,
  look: () => Promise<PollStanding>,
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

/** Maps a resource's `provisioningState` to the state of its write; an absent one counts as busy. */
export function standingOf(provisioningState: string | undefined): PollStanding {
  if (provisioningState === 'Succeeded') return 'done';
  return provisioningState === 'Failed' || provisioningState === 'Canceled' ? 'failed' : 'busy';
}
