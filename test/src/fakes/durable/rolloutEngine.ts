import * as df from 'durable-functions';
import { rolloutClaims, NO_CLAIMS } from '../../../../src/entities/rolloutClaims.js';
import { rolloutControl } from '../../../../src/entities/rolloutControl.js';
import { rolloutPiece } from '../../../../src/entities/rolloutPiece.js';
import type { EntityCall } from '../../../../src/domain/operations/entityCall.js';
import { NO_CONTROL } from '../../../../src/domain/rollouts/control.js';
import {
  EMPTY_PIECE,
  ROLLOUT_PIECE,
  type PieceRequests,
  type PieceState,
} from '../../../../src/domain/rollouts/pieceState.js';
import { ROLLOUT, rolloutInstance, type RolloutInput } from '../../../../src/domain/rollouts/rollout.js';
import {
  ROLLOUT_CLAIMS,
  ROLLOUT_CLAIMS_KEY,
  type ClaimConflict,
  type ClaimsRequests,
  type ClaimsState,
} from '../../../../src/domain/rollouts/claimsState.js';
import {
  ROLLOUT_CONTROL,
  type ControlRequests,
  type ControlState,
} from '../../../../src/domain/rollouts/controlState.js';
import { FakeDurableClient } from './durableClient.js';

const BY = { operation: 'rollout-x.x', actor: 'test' };

/** An engine with the entities of rollouts. Of the orchestration it does the first step, unless the test does it. */
export class RolloutEngine extends FakeDurableClient {
  /** What the orchestration finds when it claims the clients; undefined if it does not come so far. */
  conflicts: readonly ClaimConflict[] | undefined = [];
  /** What it finds if open rollouts have too many clients. */
  claimed: number | undefined;
  /** Whether entities handle signals. */
  handlesSignals = true;
  readonly inputs: RolloutInput[] = [];

  override async startNew(name: string, options: { readonly instanceId: string; readonly input: never }) {
    const started = await super.startNew(name, options);
    if (name === ROLLOUT) await this.open(options.input);
    return started;
  }

  override async signalEntity(entity: df.EntityId, operation: string, input: unknown): Promise<void> {
    await super.signalEntity(entity, operation, input);
    if (this.handlesSignals) await this.apply(entity, operation, input);
  }

  control(id: string): ControlState | undefined {
    return this.entities.get(key(ROLLOUT_CONTROL, id)) as ControlState | undefined;
  }

  piece(id: string, nth = 0): PieceState | undefined {
    return this.entities.get(key(ROLLOUT_PIECE, `${id}-${nth}`)) as PieceState | undefined;
  }

  /** Does what the orchestration does to the rollout's control entity. */
  async tell<Operation extends keyof ControlRequests>(
    id: string,
    operation: Operation,
    given: ControlRequests[Operation],
  ) {
    await this.apply(new df.EntityId(ROLLOUT_CONTROL, id), operation, { ...given, by: BY });
  }

  /** Claims clients, as the orchestration does. */
  async claim(rollout: string, clients: readonly string[]): Promise<void> {
    await this.apply(new df.EntityId(ROLLOUT_CLAIMS, ROLLOUT_CLAIMS_KEY), 'claim', { rollout, clients, by: BY });
  }

  /** Ends the orchestration. */
  finish(id: string, runtimeStatus = 'Completed'): void {
    const found = this.instances.get(rolloutInstance(id));
    if (found) found.runtimeStatus = runtimeStatus;
  }

  private async open(input: RolloutInput): Promise<void> {
    this.inputs.push(input);
    if (!this.conflicts) return;
    const { plan } = input;
    if (this.claimed !== undefined) {
      await this.tell(plan.id, 'refuse', { plan, conflicts: [], claimed: this.claimed });
      return this.finish(plan.id);
    }
    if (this.conflicts.length === 0) return this.tell(plan.id, 'open', { plan });
    await this.tell(plan.id, 'refuse', { plan, conflicts: this.conflicts });
    this.finish(plan.id);
  }

  private async apply({ name, key: id }: df.EntityId, operation: string, input: unknown): Promise<void> {
    const place = key(name, id);
    // What the app sends: its types guarantee that the request is that of the operation.
    const sent: object = { operation, request: input };
    const state = this.entities.get(place);
    const handlers: Readonly<Record<string, () => Promise<{ readonly state: unknown }>>> = {
      [ROLLOUT_CONTROL.toLowerCase()]: () =>
        rolloutControl(sent as EntityCall<ControlRequests>, (state ?? NO_CONTROL) as ControlState, new Date()),
      [ROLLOUT_PIECE.toLowerCase()]: () =>
        rolloutPiece(sent as EntityCall<PieceRequests>, (state ?? EMPTY_PIECE) as PieceState),
      [ROLLOUT_CLAIMS.toLowerCase()]: () =>
        rolloutClaims(sent as EntityCall<ClaimsRequests>, (state ?? NO_CLAIMS) as ClaimsState),
    };
    const done = await handlers[name.toLowerCase()]?.();
    if (done) this.entities.set(place, done.state);
  }
}

function key(name: string, id: string): string {
  const entity = new df.EntityId(name, id);
  return `@${entity.name}@${entity.key}`;
}
