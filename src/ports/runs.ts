import type { ClientOperationKind } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { CancelReason } from '../domain/operations/cancelEvent.js';
import type { ClientRecord } from '../domain/clients/clientRecord.js';
import type { EarlierRun } from '../domain/events/eventOrder.js';
import type { OperationId } from '@connected-registry/protocol/names/operationId';
import type { Run } from '../domain/operations/run.js';
import type { RunningOf } from '../domain/operations/runningRun.js';

/** What became of a wish to start a run. */
export type StartResult =
  /** This very run began, or one that does the same is under way: `id` is its operation. */
  | { readonly kind: 'running'; readonly id: string; readonly attached: boolean }
  /** Another run holds the client. */
  | { readonly kind: 'conflict'; readonly id: string; readonly runningKind: string }
  /** The engine did not say in time what runs. */
  | { readonly kind: 'unknown' };

/** A client's run, as others may look at it. Times are ISO 8601. */
export interface PresentRun extends EarlierRun {
  readonly id: OperationId;
  /** When it was asked for; for an event's run the event's own time. */
  readonly effectiveAt: string;
  /** Names of the steps that it has begun, oldest first; when there were very many, only the later ones. */
  readonly steps: readonly string[];
  /** The token that it was asked for, if its request names one. */
  readonly token?: string;
}

export type RunState = 'running' | 'completed' | 'failed' | 'cancelled' | 'unknown';

/** The durable engine's runs, as an activity may start and end them. A client has one at a time. */
export interface Runs {
  /** Starts a run of a client, and looks at what runs then. */
  start(kind: ClientOperationKind, run: Run): Promise<StartResult>;
  /**
   * The same, but where a run of another kind holds the client, this one waits for its end, or has it end first
   * (`preempts`). It counts as running from now on. An urgent rotation has an ordinary one end, too. With `queues` it
   * waits for another run of its own kind as well.
   */
  startWhenFree(kind: ClientOperationKind, run: Run, preempts: boolean, queues?: boolean): Promise<StartResult>;
  /** Starts a revocation, beside whatever run holds the client. */
  revoke(run: Run): Promise<StartResult>;
  /** The run that holds the client, or was the last to. */
  present(client: ClientReference): Promise<PresentRun | undefined>;
  /** The run that is at work with the client at this moment, be it a revocation beside its own. */
  readonly running: RunningOf;
  /** Whether a run goes on, or how it ended: `failed` unless it was wanted so; `unknown` when another has its place. */
  state(id: OperationId): Promise<RunState>;
  /** What is remembered of a client. @param key the client's. */
  record(key: string): Promise<ClientRecord>;
  /** Tells a run to end. Without a word when it has ended already. */
  cancel(id: OperationId, actor: string, reason: CancelReason): Promise<void>;
}
