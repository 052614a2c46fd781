import * as df from 'durable-functions';
import type { OrchestrationContext } from 'durable-functions';
import { CLIENT_RECORD, type ClientRecordOperation, type ClientRecordRequests } from '../domain/clientRecord.js';
import { clientKey } from '../domain/clientKey.js';
import { formatOperationId } from '../domain/operationId.js';
import type { Run } from '../domain/run.js';
import type { WorksFor } from '../domain/worksFor.js';
import type { Flow } from './flow.js';
import type { StepRunner } from './stepRunner.js';

export interface Begun {
  readonly revokedAt?: string;
  /** Version of the main secret that the device's agent says it uses. */
  readonly acknowledged?: string;
}

/** One run's dealings with what is remembered of its client. */
export class ClientRecords {
  private readonly entity: df.EntityId;
  private readonly by: WorksFor['by'];

  constructor(
    private readonly context: OrchestrationContext,
    private readonly input: Run,
  ) {
    const instance = clientKey(input.request);
    this.entity = new df.EntityId(CLIENT_RECORD, instance);
    this.by = { operation: formatOperationId({ instance, run: input.run }), actor: input.actor };
  }

  /**
   * Whether this run may begin: not when the client was revoked since it was asked for, or a newer event was taken.
   * @returns when the client was revoked, if this run is to lift that; and what its device has acknowledged.
   * @throws StepFailed `revoked` or `stale-event`
   */
  *begin(runner: StepRunner): Flow<Begun> {
    const { requestedAt, eventAt } = this.input;
    const request = { wantedAt: requestedAt, ...(eventAt === undefined ? {} : { eventAt }) };
    return yield* this.ask<'begin', Begun>(runner, 'begin', request);
  }

  /** Asks, and waits for the answer. @throws StepFailed */
  *ask<Operation extends ClientRecordOperation, T = object>(
    runner: StepRunner,
    operation: Operation,
    request: Omit<ClientRecordRequests[Operation], 'by'>,
  ): Flow<T> {
    const call = () => this.context.df.callEntity(this.entity, operation, { ...request, by: this.by });
    return yield* runner.untilDone<T>(call, this.input.limits.stepDeadlineSeconds);
  }

  /** Tells without waiting: signals go out with the turn and are never answered. */
  tell<Operation extends ClientRecordOperation>(
    operation: Operation,
    request: Omit<ClientRecordRequests[Operation], 'by'>,
  ): void {
    this.context.df.signalEntity(this.entity, operation, { ...request, by: this.by });
  }
}
