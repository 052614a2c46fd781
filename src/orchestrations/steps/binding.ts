import { EntityId } from 'durable-functions';
import { BINDER, binderKey, type BinderOperation, type BinderRequest } from '../../domain/binding/bindingRequests.js';
import type { Run } from '../../domain/operations/run.js';
import { StepFailed, type Flow } from '../run/flow.js';
import type { RunContext } from '../run/runContext.js';
import { runDeadline } from '../run/runDeadline.js';

/** How often a token is unbound before its deletion is given up. */
const MAX_UNBINDINGS = 5;

/** A run's requests to the binder of its connected registry, about one token. */
export class Binding {
  private readonly request: Omit<BinderRequest, 'by'>;
  private readonly binder: EntityId;

  constructor(
    private readonly run: RunContext<Run>,
    token: string,
  ) {
    const { registry, connectedRegistry } = run.input.request;
    this.request = { registry, connectedRegistry, token, run: run.id, deadline: runDeadline(run) };
    this.binder = new EntityId(BINDER, binderKey(registry, connectedRegistry));
  }

  /**
   * Announces that the binding will be requested: runs that are ready sooner wait a moment, so that one write binds
   * all.
   */
  announce(): void {
    this.notify('announce');
  }

  /**
   * Requests the binding. A later `ensure` serves it, so that runs that wait together share one write of the client
   * list.
   */
  requestBinding(): void {
    this.notify('request');
  }

  /** Ends the binding request. The binding stays; from now on nobody restores it. */
  complete(): void {
    this.notify('complete');
  }

  /**
   * Waits until the list holds the token. `ensureAgain` reads the list although the token was seen there.
   * @throws StepFailed
   */
  *ensure(operation: 'ensure' | 'ensureAgain' = 'ensure'): Flow<void> {
    yield* this.call(operation, this.run.limits.bindDeadlineSeconds);
  }

  /** Ends the binding request and takes the token off the list. @throws StepFailed */
  *unbind(): Flow<object> {
    this.notify('unbind');
    yield* this.call('ensureUnbound', this.run.limits.undoDeadlineSeconds);
    return {};
  }

  /** Takes the token off the list, and ends binding requests that lost runs left for it. @throws StepFailed */
  *forceUnbind(): Flow<void> {
    this.notify('forceUnbind');
    yield* this.call('ensureUnbound', this.run.limits.bindDeadlineSeconds);
  }

  /**
   * Deletes the token. When others have put it on the list again, ARM refuses the deletion; then it is unbound once
   * more.
   *
   * @param remove deletes the token, or answers `isBound`
   * @throws StepFailed
   */
  *deleting<T extends { readonly isBound?: boolean }>(remove: () => Flow<T>, unbind: () => Flow<unknown>): Flow<T> {
    for (let tries = 1; ; tries += 1) {
      const removed = yield* remove();
      if (!removed.isBound) return removed;
      const { token, connectedRegistry } = this.request;
      if (tries >= MAX_UNBINDINGS)
        throw new StepFailed('service-refused', `token ${token} is put on ${connectedRegistry} again and again`);
      yield* unbind();
    }
  }

  private notify(operation: BinderOperation): void {
    this.run.notifyEntity(this.binder, operation, this.request);
  }

  private *call(operation: BinderOperation, deadlineSeconds: number): Flow<void> {
    yield* this.run.callEntity(this.binder, operation, this.request, deadlineSeconds);
  }
}
