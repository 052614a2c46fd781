import * as df from 'durable-functions';
import type { OrchestrationContext } from 'durable-functions';
import {
  CLIENT_RECORD,
  type ClientRecordOperation,
  type ClientRecordRequests,
  type Revocation,
} from '../../domain/clients/clientRecord.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { HeldToken } from '../../domain/tokens/heldToken.js';
import type { OrphanedToken } from '../../domain/tokens/orphanedToken.js';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import type { Run } from '../../domain/operations/run.js';
import type { WorksFor } from '../../domain/operations/worksFor.js';
import type { Flow } from '../run/flow.js';
import type { StepRunner } from '../run/stepRunner.js';

export interface Started {
  /** A revocation that stands, and that is older than the run: an onboarding lifts it, no other run may begin. */
  readonly clears?: Revocation;
  /** Version of the main secret that the device's agent says it uses. */
  readonly acknowledged?: string;
  /** Tokens that earlier runs made and left. */
  readonly orphaned?: readonly OrphanedToken[];
  /** Tokens that the client has from us. */
  readonly held?: readonly HeldToken[];
}

/** The same of an offboarding. */
export interface StartedOffboarding extends Pick<Started, 'orphaned' | 'held'> {
  /** The record tells of a client that has, or had, something of ours; records of earlier versions did not say. */
  readonly isKnown?: boolean;
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
   * @returns the revocation that an onboarding is to lift, if there is one; and what its device has acknowledged.
   * @throws StepFailed `revoked` or `stale-event`
   */
  *begin(runner: StepRunner): Flow<Started> {
    return yield* this.ask<'begin', Started>(runner, 'begin', this.wanted());
  }

  /** The same for an offboarding, which a revocation does not keep from its work. @throws StepFailed `stale-event` */
  *beginOffboarding(runner: StepRunner): Flow<StartedOffboarding> {
    return yield* this.ask<'beginOffboarding', StartedOffboarding>(runner, 'beginOffboarding', this.wanted());
  }

  /** When the client was revoked, if that was not before this run was asked for. */
  *revokedSince(runner: StepRunner): Flow<string | undefined> {
    const request = { wantedAt: this.wantedAt };
    const answer = yield* this.ask<'revokedSince', { readonly revokedAt?: string }>(runner, 'revokedSince', request);
    return answer.revokedAt;
  }

  /** This run has succeeded, and lifts a revocation that is older than it. From the answer on it counts as lifted. */
  *clearRevocation(runner: StepRunner): Flow<void> {
    yield* this.ask(runner, 'clearRevocation', { wantedAt: this.wantedAt });
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

  private get wantedAt(): string {
    return this.input.eventAt ?? this.input.requestedAt;
  }

  private wanted() {
    const { requestedAt, eventAt } = this.input;
    return { wantedAt: requestedAt, ...(eventAt === undefined ? {} : { eventAt }) };
  }

  /** Tells without waiting: signals go out with the turn and are never answered. */
  tell<Operation extends ClientRecordOperation>(
    operation: Operation,
    request: Omit<ClientRecordRequests[Operation], 'by'>,
  ): void {
    this.context.df.signalEntity(this.entity, operation, { ...request, by: this.by });
  }
}
