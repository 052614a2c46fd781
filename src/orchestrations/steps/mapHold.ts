import { EntityId } from 'durable-functions';
import {
  MAP_HOLDER,
  mapHolderKey,
  type Dropped,
  type MapHolderOperation,
  type MapHolderRequest,
  type WantedMap,
} from '../../domain/scopeMaps/mapHolds.js';
import type { Run } from '../../domain/operations/run.js';
import type { Undone } from '../../domain/operations/stepOutcome.js';
import type { Flow } from '../run/flow.js';
import type { RunContext } from '../run/runContext.js';
import { runDeadline } from '../run/runDeadline.js';

/** A run's hold on its scope map: while it stands, no other run's undo deletes the map. */
export class RunMapHold {
  private readonly request: Omit<MapHolderRequest, 'by'>;
  private readonly holder: EntityId;

  constructor(
    private readonly run: RunContext<Run>,
    { scopeMap, token }: { readonly scopeMap: string; readonly token: string },
  ) {
    const { registry } = run.input.request;
    this.request = { registry, scopeMap, token, run: run.id, deadline: runDeadline(run) };
    this.holder = new EntityId(MAP_HOLDER, mapHolderKey(registry, scopeMap));
  }

  /**
   * Creates or adopts the map, and holds it. From the answer on, the map stays until this run ends.
   * @throws StepFailed
   */
  *ensure(wanted: WantedMap): Flow<void> {
    yield* this.call('ensureScopeMap', { ...this.request, wanted });
  }

  /** Ends the hold of a run that succeeded, or that keeps its map. */
  complete(): void {
    this.run.notifyEntity(this.holder, 'complete', this.request);
  }

  /** Deletes a map of ours that nobody else uses, for a client that is offboarded. @throws StepFailed */
  *drop(): Flow<Dropped> {
    return yield* this.call<Dropped>('drop', this.request);
  }

  /** Ends the hold of a run whose client was revoked: the map stays with everything else. */
  *keep(): Flow<Undone> {
    this.complete();
    return { kept: `scope map ${this.request.scopeMap}: the client was revoked` };
  }

  /**
   * Ends the hold of a run that is undone.
   * @param absentAt when preflight did not find the map (ISO 8601): this run made it
   */
  *release(absentAt: string | undefined): Flow<Undone> {
    const request = absentAt === undefined ? this.request : { ...this.request, absentAt };
    return yield* this.call('release', request, this.run.limits.undoDeadlineSeconds);
  }

  private *call<T = Undone>(
    operation: MapHolderOperation,
    request: Omit<MapHolderRequest, 'by'>,
    seconds = this.run.limits.stepDeadlineSeconds,
  ): Flow<T> {
    return yield* this.run.callEntity<T>(this.holder, operation, request, seconds);
  }
}
