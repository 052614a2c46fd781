import { vi } from 'vitest';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { newRunId, type OperationId } from '@connected-registry/protocol/names/operationId';
import { createRunActivities } from '../../../../src/activities/runs/runActivities.js';
import { NO_CONTROL } from '../../../../src/domain/rollouts/control.js';
import {
  EMPTY_PIECE,
  PIECE_ROWS,
  piecesOf,
  type PieceRequests,
  type PieceState,
} from '../../../../src/domain/rollouts/pieceState.js';
import { ROLLOUT_CLAIMS, type ClaimsRequests, type ClaimsState } from '../../../../src/domain/rollouts/claimsState.js';
import {
  ROLLOUT_CONTROL,
  type ControlRequests,
  type ControlState,
  type RolloutCommand,
} from '../../../../src/domain/rollouts/controlState.js';
import type { RolloutInput, RolloutPlan, RolloutRequest } from '../../../../src/domain/rollouts/rollout.js';
import type { RowStatus } from '../../../../src/domain/rollouts/row.js';
import { rolloutClaims } from '../../../../src/entities/rolloutClaims.js';
import { rolloutControl } from '../../../../src/entities/rolloutControl.js';
import { rolloutPiece } from '../../../../src/entities/rolloutPiece.js';
import { rollout } from '../../../../src/orchestrations/rollout.js';
import type { Pace } from '../../../../src/ports/pace.js';
import type { Call } from '../durable/durableContext.js';
import { CONNECTED_REGISTRY, REGISTRY } from '../answers/requests.js';
import { createClientRuns, type Ending } from '../services/clientRuns.js';
import { NO_LIMIT } from '../services/runs.js';
import { runFlow } from './runFlow.js';
import { createWorld } from './world.js';
import type { EntityCall } from '../../../../src/domain/operations/entityCall.js';

const REQUESTED_AT = '2026-03-01T12:00:00.000Z';
export const ROLLOUT_RUN = newRunId(new Date(REQUESTED_AT), Buffer.from([1, 2, 3, 4]));

/** The client of a row, in a rollout that names no others. */
export const clientOf = (row: number): ClientReference => ({
  registry: REGISTRY,
  connectedRegistry: CONNECTED_REGISTRY,
  client: `c${row}`,
});

interface Options {
  readonly plan?: Partial<RolloutPlan>;
  readonly requests?: readonly RolloutRequest[];
  /** How rows stand at first, if they do not just wait. */
  readonly status?: (row: number) => Partial<RowStatus>;
  /** How the nth run of a client ends; by default it completes after 20 seconds. */
  readonly ending?: (client: string, nth: number) => Ending;
  readonly pace?: Pace;
  /** Whether an activity's or entity's answer is lost after its work, so that it is called again. */
  readonly loses?: (name: string, nth: number) => boolean;
  /** Whether a call fails before its work. */
  readonly fails?: (name: string) => boolean;
  /** Whether the engine does not say how runs stand, so that their ends are unknown. */
  readonly isUnseen?: () => boolean;
  /** Seconds after its call at which an activity is executed, as if the host had been down. */
  readonly lateness?: (name: string) => number;
  /** Seconds that the clock of the host of the control entity is ahead. */
  readonly controlAhead?: number;
  /** Reads of a piece after each change that do not show the change yet. */
  readonly staleReads?: number;
}

const COMPLETES: Ending = { seconds: 20, state: 'completed' };

/**
 * A rollout over fake runs, with its real entities and activities. They outlive its orchestration. Needs fake timers.
 */
export function createRolloutWorld({ plan: changes = {}, ending = () => COMPLETES, ...options }: Options = {}) {
  const world = createWorld();
  const rows = changes.rows ?? options.requests?.length ?? 10;
  const requests = options.requests ?? Array.from({ length: rows }, (_, row) => clientOf(row));
  const plan: RolloutPlan = {
    id: ROLLOUT_RUN,
    kind: 'rotate',
    actor: 'an-operator',
    requestedAt: REQUESTED_AT,
    rows,
    waves: { size: rows, pauseSeconds: 0 },
    failureLimit: { percent: 100, minimum: rows + 1 },
    freezeWindows: [],
    dryRun: false,
    subscriptions: [],
    rates: world.config.arm.rates,
    ...changes,
  };
  const clients = createClientRuns(ending);
  const pieces: PieceState[] = Array.from({ length: piecesOf(rows) }, (_, piece) => {
    const part = requests.slice(piece * PIECE_ROWS, (piece + 1) * PIECE_ROWS);
    return {
      requests: part,
      rows: part.map((_, index) => ({
        state: 'waiting',
        retry: 0,
        ...options.status?.(piece * PIECE_ROWS + index),
      })),
      version: 1,
    };
  });
  const first = [...pieces];
  const shown = pieces.map((state) => ({ state, stale: 0 }));
  let control: ControlState = NO_CONTROL;
  let claims: ClaimsState = {};
  const controlTime = () => new Date(Date.now() + (options.controlAhead ?? 0) * 1000);
  const script: { readonly at: Date; readonly work: () => void | Promise<void> }[] = [];

  const runs = {
    ...clients.runs,
    progress: async (id: OperationId) =>
      options.isUnseen?.() === true ? ({ state: 'unknown' } as const) : clients.runs.progress(id),
    rolloutControl: async () => control,
    rolloutPiece: async (_id: string, piece: number) => {
      const found = shown[piece];
      const state = pieces[piece] ?? EMPTY_PIECE;
      if (!found || found.stale === 0) return state;
      found.stale -= 1;
      return found.state;
    },
  };
  const activities: Readonly<Record<string, (input: never, given: typeof runs) => Promise<unknown>>> = {
    ...world.activities,
    ...createRunActivities(world.queries, world.config, options.pace ?? NO_LIMIT),
  };

  const ofPiece = async (piece: number, call: EntityCall<PieceRequests>) => {
    const before = pieces[piece] ?? EMPTY_PIECE;
    const { state, outcome } = await rolloutPiece(call, before);
    pieces[piece] = state;
    shown[piece] = { state: before, stale: options.staleReads ?? 0 };
    return outcome;
  };
  const command = async (name: RolloutCommand, id = `${name} at ${Date.now()}`) => {
    const at = new Date().toISOString();
    const by = { operation: 'a-request', actor: 'an-operator' };
    const request = { id, command: name, actor: by.actor, at, by };
    ({ state: control } = await rolloutControl({ operation: 'command', request }, control, controlTime()));
  };

  let lastAdvance: (Call & { readonly input: object }) | undefined;
  const answer = async (operation: string, call: Call): Promise<unknown> => {
    const { kind, name, input } = call;
    if (name === 'advanceRollout') lastAdvance = { ...call, input: input as object };
    if (kind === 'activity') return activities[name]?.(input as never, runs);
    // What the orchestration sends: its types guarantee that the request is that of the operation.
    const sent: object = { operation, request: input };
    if (name.startsWith(ROLLOUT_CONTROL)) {
      const result = await rolloutControl(sent as EntityCall<ControlRequests>, control, controlTime());
      control = result.state;
      return result.outcome;
    }
    if (name.startsWith(ROLLOUT_CLAIMS)) {
      const result = await rolloutClaims(sent as EntityCall<ClaimsRequests>, claims);
      claims = result.state;
      return result.outcome;
    }
    return ofPiece(Number(/-(\d+)\.\w+$/.exec(name)?.[1]), sent as EntityCall<PieceRequests>);
  };

  return {
    plan,
    world,
    clients,
    answer,
    command,
    get control() {
      return control;
    },
    get claims() {
      return claims;
    },
    /** The names of all clients. */
    names: requests.map(({ client }) => client),
    /** Makes the next read of each piece show how its rows stood at first. */
    showFirstStates: () => {
      for (const [piece, state] of first.entries()) shown[piece] = { state, stale: 1 };
    },
    setClaims: (state: ClaimsState) => {
      claims = state;
    },
    /** How all rows stand. */
    get rows() {
      return pieces.flatMap((piece) => piece.rows);
    },
    get states() {
      return pieces.flatMap((piece) => piece.rows.map(({ state }) => state));
    },
    /** Executes an operation of the first rows that changes nothing but their version. */
    noteAgain: async () => {
      const by = { operation: 'rollout-x.x', actor: 'test' };
      await ofPiece(0, { operation: 'note', request: { changes: [], by } });
    },
    /** Executes the last `advanceRollout` again, as the engine may. @param changes of its input */
    advanceAgain: async (changes: object) => {
      if (lastAdvance) await answer('advanceRollout', { ...lastAdvance, input: { ...lastAdvance.input, ...changes } });
    },
    /** Does something so many seconds from now, while the rollout runs. */
    after: (seconds: number, work: () => void | Promise<void>) => {
      script.push({ at: new Date(Date.now() + seconds * 1000), work });
    },
    /** Runs the orchestration to its end. @param run another one if the rollout is started again */
    run: async (run = plan.id) => {
      const { outcome, ...rest } = await execute({ run });
      if (!outcome) throw new Error('The rollout ended without an outcome.');
      return { outcome, ...rest };
    },
    /** Starts the rollout again after its end, as the timer does that ends claims. */
    release: (actor = plan.actor) => execute({ run: 'releases00000001', releases: true, actor }),
  };

  async function execute(start: Pick<RolloutInput, 'run' | 'releases'> & { readonly actor?: string }) {
    let calls = 0;
    const {
      outcome,
      engines,
      calls: made,
    } = await runFlow({
      world: { followsDate: true, answer },
      flow: rollout,
      input: { plan, actor: plan.actor, ...start, limits: world.config.limits } satisfies RolloutInput,
      script: {
        before: async (name, _call, engine) => {
          const late = options.lateness?.(name) ?? 0;
          if (late > 0) {
            engine.now = new Date(engine.now.getTime() + late * 1000);
            vi.setSystemTime(engine.now);
          }
          for (const due of script.filter(({ at }) => at <= new Date())) {
            script.splice(script.indexOf(due), 1);
            await due.work();
          }
          if (options.fails?.(name)) throw new Error('the process ended');
        },
        after: (name) => {
          calls += 1;
          if (options.loses?.(name, calls)) throw new Error('its answer is lost');
        },
      },
    });
    return { outcome, engines, calls: made };
  }
}

/** Uses fake time from the request of the rollout on. */
export function useRolloutTime(): void {
  vi.useFakeTimers({ now: new Date(REQUESTED_AT) });
}
