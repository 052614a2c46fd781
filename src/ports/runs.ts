import type { ClientOperationKind } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { CheckRun } from '../domain/check/checkRun.js';
import type { CancelReason } from '../domain/operations/cancelEvent.js';
import type { ClientRecord } from '../domain/clients/clientRecord.js';
import type { EarlierRun } from '../domain/events/eventOrder.js';
import type { OperationId } from '@connected-registry/protocol/names/operationId';
import type { Run } from '../domain/operations/run.js';
import type { RunningOf } from '../domain/operations/runningRun.js';
import type { ControlState } from '../domain/rollouts/controlState.js';
import type { PieceState } from '../domain/rollouts/pieceState.js';

/** The result of starting a run. */
export type StartResult =
  /** This run started, or it attached to a running one that does the same: `id` is the operation. */
  | { readonly kind: 'running'; readonly id: string; readonly attached: boolean }
  /** Another run holds the client. */
  | { readonly kind: 'conflict'; readonly id: string; readonly runningKind: string }
  /** The engine did not report in time which run is running. */
  | { readonly kind: 'unknown' };

/**
 * The result of starting what an event requests: `repeated` if it was done before, `stale` if a newer request replaced
 * it.
 */
export type EventStartResult = StartResult | { readonly kind: 'repeated' | 'stale' };

/** A client's current run, as other runs see it. Times are ISO 8601. */
export interface PresentRun extends EarlierRun {
  readonly id: OperationId;
  /** Time of the request; for a run that an event started, the event's own time. */
  readonly effectiveAt: string;
  /** Names of the started steps, oldest first; of very many only the latest. */
  readonly steps: readonly string[];
  /** The token that the run's request names; absent when it names none. */
  readonly token?: string;
}

export type RunState = 'running' | 'completed' | 'failed' | 'cancelled' | 'unknown';

/** How a run stands, by its instance or, after another run has taken that, by the client's record. */
export interface RunProgress {
  readonly state: RunState;
  /** Failure code of a run that has failed or was cancelled. */
  readonly code?: string;
  /** Keys of the clients for which a check found differences; absent if the run is no check that has completed. */
  readonly differing?: readonly string[];
}

/** Starts, reads and ends runs of the durable engine. A client has one run at a time. */
export interface Runs {
  /** Starts a run of a client, and reads back which run is running. */
  start(kind: ClientOperationKind, run: Run): Promise<StartResult>;
  /**
   * Starts a run, and waits where a run of another kind holds the client. The waiting run counts as running.
   *
   * @param preempts asks the other run to stop first. An urgent rotation also stops an ordinary rotation.
   * @param queues waits for another run of the same kind, too.
   */
  startWhenFree(kind: ClientOperationKind, run: Run, preempts: boolean, queues?: boolean): Promise<StartResult>;
  /**
   * Starts the run that an event requests, attaches to an equal run, or lets it wait until the client's run ends. Event
   * Grid may deliver events late, twice and out of order, so repeated and stale events start nothing.
   */
  startFromEvent(kind: ClientOperationKind, run: Run): Promise<EventStartResult>;
  /** Starts a revocation, also while another run holds the client. */
  revoke(run: Run): Promise<StartResult>;
  /** Reads the run that holds the client, or the last one that did. */
  present(client: ClientReference): Promise<PresentRun | undefined>;
  /** Finds the run that works on the client now: its own, or a revocation beside it. */
  readonly running: RunningOf;
  /**
   * Reads a run's state: `cancelled` when it failed because somebody ended it, `unknown` when another run has taken its
   * instance.
   */
  state(id: OperationId): Promise<RunState>;
  /** As {@link state}, but also finds a run that its client's record knows, and says why a run failed. */
  progress(id: OperationId): Promise<RunProgress>;
  /**
   * Finds a client's run by the random part of its id, in the client's instance and in its record. A late repetition
   * recognises by it what it has started before.
   *
   * @param key the client's key, or the instance of a check
   */
  find(key: string, random: string): Promise<OperationId | undefined>;
  /** Starts a check of the clients that its request names, and reads back that it runs. */
  startCheck(run: CheckRun): Promise<StartResult>;
  /**
   * Reads a piece of a rollout. A read that does not show the version `atLeast` yet is repeated for a second.
   *
   * @returns the last read; undefined if there is none
   */
  rolloutPiece(id: string, piece: number, atLeast: number): Promise<PieceState | undefined>;
  /**
   * Reads what a rollout's control entity keeps. It may not show pending entity operations yet.
   * @returns undefined if there is none
   */
  rolloutControl(id: string): Promise<ControlState | undefined>;
  /** Reads a client's record. @param key the client's key. */
  record(key: string): Promise<ClientRecord>;
  /** Reads which client has claimed a token; undefined if none has. */
  tokenOwner(registry: string, token: string): Promise<ClientReference | undefined>;
  /** Asks a run to stop. Does nothing when the run has ended. */
  cancel(id: OperationId, actor: string, reason: CancelReason): Promise<void>;
}
