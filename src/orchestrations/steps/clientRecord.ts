import { EntityId } from 'durable-functions';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import {
  CLIENT_RECORD,
  type ClientRecordAnswers,
  type ClientRecordOperation,
  type ClientRecordRequests,
  type Marked,
  type Started,
  type StartedOffboarding,
  type Vouched,
} from '../../domain/clients/clientRecord.js';
import type { Vouching } from '../../domain/enrolment/hubDevices.js';
import type { Run } from '../../domain/operations/run.js';
import type { PlannedAfter, SetPoller } from '../../domain/polling/poller.js';
import type { Flow } from '../run/flow.js';
import type { RunContext } from '../run/runContext.js';

/** A run's requests to the record of its client, which outlives the client's runs. */
export class ClientRecords {
  private readonly entity: EntityId;

  constructor(private readonly run: RunContext<Run>) {
    this.entity = new EntityId(CLIENT_RECORD, clientKey(run.input.request));
  }

  /**
   * Begins the run, unless the client was revoked after the run was requested, or a newer event was taken.
   *
   * @returns the revocation that an onboarding clears, if there is one, and what the device has acknowledged
   * @throws StepFailed `revoked` or `stale-event`
   */
  *begin(): Flow<Started> {
    return yield* this.placed('begin', this.requested());
  }

  /** Begins an offboarding, which a revocation does not keep from its work. @throws StepFailed `stale-event` */
  *beginOffboarding(): Flow<StartedOffboarding> {
    return yield* this.placed('beginOffboarding', this.requested());
  }

  /** Marks the client as revoked. @param until (ISO 8601) when the revocation counts as lost */
  *revoke(until: string): Flow<Marked> {
    return yield* this.placed('revoke', { at: this.run.input.requestedAt, until });
  }

  /** When the client was revoked (ISO 8601), if that was after this run was requested. */
  *revokedSince(): Flow<string | undefined> {
    const { revokedAt } = yield* this.call('revokedSince', { effectiveAt: this.effectiveAt });
    return revokedAt;
  }

  /** Clears a revocation that is older than this run, which has succeeded. It counts as cleared from the answer on. */
  *clearRevocation(): Flow<void> {
    yield* this.call('clearRevocation', { effectiveAt: this.effectiveAt });
  }

  /**
   * Sets the client's poller.
   * @throws StepFailed `revoked`, or `poller-changed` if somebody else changed it in the meantime
   */
  *setPoller(poller: SetPoller, planned: PlannedAfter): Flow<void> {
    yield* this.call('setPoller', { ...poller, planned, effectiveAt: this.effectiveAt });
  }

  /** Shows keys that this run has read in the device's twin. @throws StepFailed `device-key-ended` */
  *vouch(found: Omit<Vouching, 'effectiveAt'>): Flow<Vouched> {
    return yield* this.call('vouch', { vouching: { ...found, effectiveAt: this.effectiveAt } });
  }

  /** Calls one of the record's operations. @throws StepFailed */
  *call<Operation extends ClientRecordOperation>(
    operation: Operation,
    request: Omit<ClientRecordRequests[Operation], 'by'>,
  ): Flow<ClientRecordAnswers[Operation]> {
    return yield* this.run.callEntity(this.entity, operation, request, this.run.limits.stepDeadlineSeconds);
  }

  /** Notifies the record, and does not wait. */
  notify<Operation extends ClientRecordOperation>(
    operation: Operation,
    request: Omit<ClientRecordRequests[Operation], 'by'>,
  ): void {
    this.run.notifyEntity(this.entity, operation, request);
  }

  /** Calls an operation that answers where the client's secrets are, and has the run work there. */
  private *placed<Operation extends 'begin' | 'beginOffboarding' | 'revoke'>(
    operation: Operation,
    request: Omit<ClientRecordRequests[Operation], 'by'>,
  ): Flow<ClientRecordAnswers[Operation]> {
    const answer = yield* this.call(operation, request);
    this.run.worksIn(answer.vault);
    return answer;
  }

  private get effectiveAt(): string {
    return this.run.input.eventAt ?? this.run.input.requestedAt;
  }

  private requested() {
    const { requestedAt, eventAt } = this.run.input;
    return { requestedAt, ...(eventAt === undefined ? {} : { eventAt }) };
  }
}
