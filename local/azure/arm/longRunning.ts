import type { PROVISIONING_STATES } from '../../../src/domain/armEnumerations.js';
import { randomUUID } from 'node:crypto';
import type { ApiReply } from '../http/message.js';

type ProvisioningState = (typeof PROVISIONING_STATES)[number];
type Busy = Extract<ProvisioningState, 'Creating' | 'Updating' | 'Deleting'>;

interface Operation {
  id: string;
  resource: string;
  busy: Busy;
  /** Real time, in milliseconds as `performance.now()` counts. */
  readyAt: number;
  failure?: { code: string; message: string };
  /**
   * The reply at `Location` once done; absent when the operation is followed by `Azure-AsyncOperation`. Kept in memory
   * only, since it may hold generated passwords.
   */
  result?: ApiReply;
}

/** Finished operations are forgotten from this number on, the oldest first. */
const REMEMBERED = 5_000;

/**
 * ARM's asynchronous operations (Azure docs: resource-manager async-operations). An effect is there at once; only the
 * news of it takes a moment of real time, during which the resource says `Creating` or `Updating`. A poll that comes
 * too early is held until the operation is done, so that no client waits out a polling interval.
 */
export class LongRunning {
  readonly #operations = new Map<string, Operation>();
  readonly #busy = new Map<string, Operation>();

  constructor(readonly milliseconds: () => number) {}

  begin(resource: string, busy: Busy, result?: ApiReply, failure?: { code: string; message: string }): string {
    const operation: Operation = {
      id: randomUUID(),
      resource: resource.toLowerCase(),
      busy,
      readyAt: performance.now() + this.milliseconds(),
      ...(result && { result }),
      ...(failure && { failure }),
    };
    this.#operations.set(operation.id, operation);
    this.#busy.set(operation.resource, operation);
    if (this.#operations.size > REMEMBERED) {
      const [oldest] = this.#operations.keys();
      if (oldest !== undefined) this.#operations.delete(oldest);
    }
    return operation.id;
  }

  /** What a resource says of itself now. */
  provisioningState(resource: string): ProvisioningState {
    const operation = this.#busy.get(resource.toLowerCase());
    if (!operation) return 'Succeeded';
    if (performance.now() < operation.readyAt) return operation.busy;
    if (operation.failure) return 'Failed';
    this.#busy.delete(operation.resource);
    return 'Succeeded';
  }

  /** Resolves with the operation's end; undefined when there is no such operation, for instance after a restart. */
  async finished(id: string): Promise<Pick<Operation, 'failure' | 'result'> | undefined> {
    const operation = this.#operations.get(id.toLowerCase());
    if (!operation) return undefined;
    // A timer may fire a millisecond early, and the resource would still say that it is busy.
    while (performance.now() < operation.readyAt)
      await new Promise((resolve) => setTimeout(resolve, operation.readyAt - performance.now()));
    return operation;
  }
}
