import * as df from 'durable-functions';
import type { OrchestrationContext } from 'durable-functions';
import { binderKey } from '../../domain/binding/binderKey.js';
import type { BinderOperation, BinderRequest } from '../../domain/binding/bindingRequests.js';
import type { Run } from '../../domain/operations/run.js';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import { StepFailed, type Flow } from '../run/flow.js';
import { runDeadline } from '../run/runDeadline.js';
import type { StepRunner } from '../run/stepRunner.js';

/** So often a token is unbound that is to be deleted. */
const MAX_UNBINDINGS = 5;

/** One run's dealings with the binder of its connected registry. */
export class Binding {
  private readonly bindingRequest: BinderRequest;
  private readonly binder: df.EntityId;

  constructor(
    private readonly context: OrchestrationContext,
    private readonly input: Run,
    token: string,
  ) {
    const { registry, connectedRegistry } = input.request;
    const deadline = runDeadline(context, input.limits);
    const { run, actor } = input;
    const by = { operation: formatOperationId({ instance: context.df.instanceId, run }), actor };
    this.bindingRequest = { registry, connectedRegistry, token, run, deadline, by };
    this.binder = new df.EntityId('binder', binderKey(registry, connectedRegistry));
  }

  /** Notes the wish. Served by a later `ensure`, so that runs that wait together share one write of the client list. */
  want(): void {
    this.signal('request');
  }

  /** Ends the wish; the binding stays, and is nobody's to restore from now on. */
  settle(): void {
    this.signal('complete');
  }

  /** Until the list holds the token. `ensureAgain` looks although it has been seen there. @throws StepFailed */
  *ensure(runner: StepRunner, operation: 'ensure' | 'ensureAgain'): Flow<void> {
    yield* this.ask(runner, operation, this.input.limits.bindDeadlineSeconds);
  }

  /** Withdraws the wish and takes the token off the list. @throws StepFailed */
  *drop(runner: StepRunner): Flow<object> {
    this.signal('unbind');
    yield* this.ask(runner, 'ensureUnbound', this.input.limits.undoDeadlineSeconds);
    return {};
  }

  /** Takes the token off the list, whatever runs that were lost still wish. @throws StepFailed */
  *evict(runner: StepRunner): Flow<void> {
    this.signal('forceUnbind');
    yield* this.ask(runner, 'ensureUnbound', this.input.limits.bindDeadlineSeconds);
  }

  /**
   * Deletes the token, and unbinds it anew where others have put it on the list again: ARM refuses the deletion then.
   * @throws StepFailed
   */
  *deleting<T extends { readonly isBound?: boolean }>(remove: () => Flow<T>, unbind: () => Flow<unknown>): Flow<T> {
    for (let tries = 1; ; tries += 1) {
      const removed = yield* remove();
      if (!removed.isBound) return removed;
      const { token, connectedRegistry } = this.bindingRequest;
      if (tries >= MAX_UNBINDINGS)
        throw new StepFailed('service-refused', `token ${token} is put on ${connectedRegistry} again and again`);
      yield* unbind();
    }
  }

  /** Withdraws the wish for a token that was on the list before. */
  *withdraw(): Flow<object> {
    this.settle();
    return {};
  }

  /** Signals go out with the turn and are never answered. */
  private signal(operation: BinderOperation): void {
    this.context.df.signalEntity(this.binder, operation, this.bindingRequest);
  }

  private *ask(runner: StepRunner, operation: BinderOperation, deadlineSeconds: number): Flow<void> {
    const call = () => this.context.df.callEntity(this.binder, operation, this.bindingRequest);
    yield* runner.untilDone<unknown>(call, deadlineSeconds);
  }
}
