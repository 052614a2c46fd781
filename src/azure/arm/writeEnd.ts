/** The used part of the SDK's pollers. */
export interface WritePoller {
  /** Ends when the service has accepted the write. */
  submitted(): Promise<void>;
  poll(): Promise<unknown>;
  pollUntilDone(): Promise<unknown>;
  readonly isDone: boolean;
  readonly operationState: unknown;
}

/**
 * Waits for a write's end without the read that the SDK makes after it: nothing needs the resource, and each request
 * counts against the subscription's limit.
 *
 * @throws what the poller throws.
 */
export async function ending(poller: WritePoller): Promise<void> {
  await submitted(poller);
  await poller.pollUntilDone();
}

/** Waits until the service has accepted the write. Polls after that do not read the resource. */
export async function submitted(poller: WritePoller): Promise<void> {
  await poller.submitted();
  forgetResource(poller.operationState);
}

/**
 * Removes the resource's address from a poller's state. The SDK reads there after the operation has succeeded; the
 * generated client passes on no option against it. Source: core-lro 3.3, poller/operation.js, pollOperationHelper; the
 * state's type is core-lro's RestorableOperationState.
 */
function forgetResource(state: unknown): void {
  if (typeof state !== 'object' || state === null || !('config' in state)) return;
  const { config } = state;
  if (typeof config === 'object' && config !== null && 'resourceLocation' in config) delete config.resourceLocation;
}
