import * as df from 'durable-functions';
import type { OrchestrationContext } from 'durable-functions';
import {
  mapHolderKey,
  type Dropped,
  type MapHolderOperation,
  type MapHolderRequest,
} from '../../domain/scopeMaps/mapHolds.js';
import type { Run } from '../../domain/operations/run.js';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import type { Undone } from '../../domain/operations/undone.js';
import type { Flow } from '../run/flow.js';
import { runDeadline } from '../run/runDeadline.js';
import type { StepRunner } from '../run/stepRunner.js';

/** One run's hold on its scope map, so that no other run's undo takes it away. */
export class MapHold {
  private readonly request: MapHolderRequest;
  private readonly holder: df.EntityId;

  constructor(
    private readonly context: OrchestrationContext,
    private readonly input: Run,
    { scopeMap, token }: { readonly scopeMap: string; readonly token: string },
  ) {
    const { registry } = input.request;
    const { run, actor } = input;
    const by = { operation: formatOperationId({ instance: context.df.instanceId, run }), actor };
    this.request = { registry, scopeMap, token, run, deadline: runDeadline(context, input.limits), by };
    this.holder = new df.EntityId('mapholder', mapHolderKey(registry, scopeMap));
  }

  /** From its answer on, the map stays until this run ends. @throws StepFailed */
  *hold(runner: StepRunner): Flow<void> {
    yield* this.ask(runner, 'hold', this.request, this.input.limits.stepDeadlineSeconds);
  }

  /** The run has ended well. */
  settle(): void {
    this.context.df.signalEntity(this.holder, 'complete', this.request);
  }

  /** The client is offboarded: a map of ours that nobody else uses goes with it. @throws StepFailed */
  *drop(runner: StepRunner): Flow<Dropped> {
    return yield* this.ask<Dropped>(runner, 'drop', this.request, this.input.limits.stepDeadlineSeconds);
  }

  /** The run ends without success, and the map stays with what else is kept. */
  *leave(): Flow<Undone> {
    this.settle();
    return { kept: `scope map ${this.request.scopeMap}: the client was revoked` };
  }

  /** The run is undone. @param absentAt when preflight did not find the map; then this run has made it. */
  *release(runner: StepRunner, absentAt: string | undefined): Flow<Undone> {
    const request = absentAt === undefined ? this.request : { ...this.request, absentAt };
    return yield* this.ask(runner, 'release', request, this.input.limits.undoDeadlineSeconds);
  }

  private *ask<T = Undone>(
    runner: StepRunner,
    operation: MapHolderOperation,
    request: MapHolderRequest,
    seconds: number,
  ): Flow<T> {
    return yield* runner.untilDone<T>(() => this.context.df.callEntity(this.holder, operation, request), seconds);
  }
}
