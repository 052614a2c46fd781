import type { PROVISIONING_STATES } from '@connected-registry/protocol/registry/armEnumerations';
import type { ApiReply } from '../../http/message.js';
import type { OperationKind } from './pace.js';

type ProvisioningState = (typeof PROVISIONING_STATES)[number];
export type Busy = Extract<ProvisioningState, 'Creating' | 'Updating' | 'Deleting'>;

/** The header that names an operation's address: it tells what a poll of a running one is answered. */
export type FollowedBy = 'Azure-AsyncOperation' | 'Location';

interface Operation {
  /** Where it is polled: lower case, without the query. */
  readonly path: string;
  readonly resource: string;
  readonly busy: Busy;
  readonly by: FollowedBy;
  /** In milliseconds, as {@link Timing.now} counts. */
  readonly readyAt: number;
  /** The reply to a poll once done. Kept in memory only, since it may hold generated passwords. */
  readonly result: ApiReply;
  /** What a resource that is being deleted says of itself until it is gone. */
  readonly ghost?: () => unknown;
}

/** How operations pass their time. */
export interface Timing {
  /** Milliseconds since any moment. */
  now(): number;
  milliseconds(kind: OperationKind): number;
  /** Whether a poll that comes early is held until the operation is done, so that no client waits out an interval. */
  holdsPolls(): boolean;
}

export interface Begin {
  /** Where it is polled. */
  path: string;
  /** The resource's id. */
  resource: string;
  kind: OperationKind;
  busy: Busy;
  by: FollowedBy;
  result: ApiReply;
  ghost?: () => unknown;
}

/** Finished operations are forgotten from this number on, the oldest first. */
const REMEMBERED = 5_000;

/**
 * ARM's asynchronous operations (Azure docs: resource-manager async-operations). An effect is there at once; only the
 * news of it takes a moment, during which the resource says `Creating`, `Updating` or `Deleting`. An operation is found
 * by the whole path of its polls: its name is the caller's, and may be that of others too.
 */
export class LongRunning {
  readonly #operations = new Map<string, Operation>();
  readonly #busy = new Map<string, Operation>();

  constructor(readonly timing: Timing) {}

  begin({ path, resource, kind, busy, by, result, ghost }: Begin): void {
    const operation: Operation = {
      path: path.toLowerCase(),
      resource: resource.toLowerCase(),
      busy,
      by,
      readyAt: this.timing.now() + this.timing.milliseconds(kind),
      result,
      ...(ghost && { ghost }),
    };
    // Anew at the end of the order: one that takes another's name is younger.
    this.#operations.delete(operation.path);
    this.#operations.set(operation.path, operation);
    this.#busy.set(operation.resource, operation);
    if (this.#operations.size > REMEMBERED) {
      const [oldest] = this.#operations.keys();
      if (oldest !== undefined) this.#operations.delete(oldest);
    }
  }

  /** What a resource says of itself now. */
  provisioningState(resource: string): Busy | 'Succeeded' {
    return this.#running(resource)?.busy ?? 'Succeeded';
  }

  /** The body of a resource that is still being deleted; undefined for any other. */
  ghost(resource: string): unknown {
    return this.#running(resource)?.ghost?.();
  }

  /** A resource that is made anew is not the one that is being deleted. */
  forget(resource: string): void {
    this.#busy.delete(resource.toLowerCase());
  }

  /**
   * How the operation stands that is polled at a path.
   *
   * @returns undefined when there is none, for instance after a restart
   */
  async poll(path: string): Promise<{ busy: Busy; by: FollowedBy } | { result: ApiReply } | undefined> {
    const operation = this.#operations.get(path.toLowerCase());
    if (!operation) return undefined;
    if (this.timing.holdsPolls()) {
      // A timer may fire a millisecond early, and the resource would still say that it is busy.
      while (this.timing.now() < operation.readyAt)
        await new Promise((resolve) => setTimeout(resolve, operation.readyAt - this.timing.now()));
    }
    const { busy, by, result } = operation;
    return this.timing.now() < operation.readyAt ? { busy, by } : { result };
  }

  #running(resource: string): Operation | undefined {
    const operation = this.#busy.get(resource.toLowerCase());
    if (!operation) return undefined;
    if (this.timing.now() < operation.readyAt) return operation;
    this.#busy.delete(operation.resource);
    return undefined;
  }
}
