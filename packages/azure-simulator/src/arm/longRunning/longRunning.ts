import type { PROVISIONING_STATES } from '@connected-registry/protocol/registry/armEnumerations';
import type { ApiReply } from '../../http/message.js';
import type { OperationKind } from './pace.js';

type ProvisioningState = (typeof PROVISIONING_STATES)[number];
export type Busy = Extract<ProvisioningState, 'Creating' | 'Updating' | 'Deleting'>;

/** The header with an operation's address. It determines the answer to polls of a running operation. */
export type FollowedBy = 'Azure-AsyncOperation' | 'Location';

interface Operation {
  /** The path of its polls: lower case, without the query. */
  readonly path: string;
  readonly resource: string;
  readonly busy: Busy;
  readonly by: FollowedBy;
  /** In milliseconds, as in {@link Timing.now}. */
  readonly readyAt: number;
  /** The reply to a poll of the finished operation. Kept in memory only, because it may contain generated passwords. */
  readonly result: ApiReply;
  /** The body of a resource that is being deleted. */
  readonly ghost?: () => unknown;
}

/** How long operations take. */
export interface Timing {
  /** Milliseconds since any fixed moment. */
  now(): number;
  milliseconds(kind: OperationKind): number;
  /** Whether an early poll is held until the operation is done, so that no client waits for an interval. */
  holdsPolls(): boolean;
}

/** A new operation. */
export interface NewOperation {
  /** The path of its polls. */
  path: string;
  /** The resource's id. */
  resource: string;
  kind: OperationKind;
  busy: Busy;
  by: FollowedBy;
  result: ApiReply;
  ghost?: () => unknown;
}

/** Number of operations that are remembered. The oldest finished ones are forgotten first. */
const REMEMBERED = 5_000;

/**
 * ARM's asynchronous operations (Azure docs: resource-manager async-operations). A change takes effect immediately;
 * only its completion is reported later, and until then the resource is `Creating`, `Updating` or `Deleting`. An
 * operation is identified by the whole path of its polls, because its name comes from the caller and may be reused.
 */
export class LongRunning {
  readonly #operations = new Map<string, Operation>();
  readonly #busy = new Map<string, Operation>();

  constructor(readonly timing: Timing) {}

  start({ path, resource, kind, busy, by, result, ghost }: NewOperation): void {
    const operation: Operation = {
      path: path.toLowerCase(),
      resource: resource.toLowerCase(),
      busy,
      by,
      readyAt: this.timing.now() + this.timing.milliseconds(kind),
      result,
      ...(ghost && { ghost }),
    };
    // Insert again at the end: an operation that reuses a name is newer.
    this.#operations.delete(operation.path);
    this.#operations.set(operation.path, operation);
    this.#busy.set(operation.resource, operation);
    if (this.#operations.size > REMEMBERED) {
      const [oldest] = this.#operations.keys();
      if (oldest !== undefined) this.#operations.delete(oldest);
    }
  }

  /** The current provisioning state of a resource. */
  provisioningState(resource: string): Busy | 'Succeeded' {
    return this.#running(resource)?.busy ?? 'Succeeded';
  }

  /** The body of a resource that is being deleted; undefined for other resources. */
  ghost(resource: string): unknown {
    return this.#running(resource)?.ghost?.();
  }

  /** A resource that is created again replaces the one that is being deleted. */
  forget(resource: string): void {
    this.#busy.delete(resource.toLowerCase());
  }

  /**
   * Polls the operation at a path.
   *
   * @returns undefined if there is none, for example after a restart
   */
  async poll(path: string): Promise<{ busy: Busy; by: FollowedBy } | { result: ApiReply } | undefined> {
    const operation = this.#operations.get(path.toLowerCase());
    if (!operation) return undefined;
    if (this.timing.holdsPolls()) {
      // A timer may fire a millisecond early, when the resource would still be busy.
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
