import * as df from 'durable-functions';
import type { DurableClient } from 'durable-functions';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import type { WorksFor } from '../../../domain/operations/worksFor.js';
import { NO_CONTROL } from '../../../domain/rollouts/control.js';
import {
  EMPTY_PIECE,
  PIECE_ROWS,
  pieceKey,
  piecesOf,
  ROLLOUT_PIECE,
  type PieceRequests,
  type PieceState,
} from '../../../domain/rollouts/pieceState.js';
import { NO_ROWS } from '../../../domain/rollouts/row.js';
import {
  ROLLOUT,
  rolloutInstance,
  type RolloutInput,
  type RolloutPlan,
  type RolloutRequest,
} from '../../../domain/rollouts/rollout.js';
import { ROLLOUT_CLAIMS, ROLLOUT_CLAIMS_KEY, type ClaimsRequests } from '../../../domain/rollouts/claimsState.js';
import { ROLLOUT_CONTROL, type ControlRequests, type ControlState } from '../../../domain/rollouts/controlState.js';
import type { ListedInstances } from '../instancePages.js';
import { readRolloutControl, readRolloutPiece } from './rolloutPieces.js';
import { deadlineIn, pollUntil } from '../pollUntil.js';
import { hasEnded, readInstance } from '../runStatus.js';
import { CONFIRMED_WITHIN, tryStart } from '../startRun.js';
import { pagesOf } from '../../../queries/pagesOf.js';

/** Form of a rollout's id. */
export const ROLLOUT_ID = /^[a-z0-9]{1,32}$/;

/** Instances in one page of a listing. */
const PAGE = 100;

/** Milliseconds between two reads of a rollout's state. */
const READ_EVERY = 250;

/** A rollout as the engine has it. */
export interface RolloutState {
  readonly plan: RolloutPlan;
  readonly control: ControlState;
  /** Whether its orchestration has ended, so that only a new start can continue it. */
  readonly hasEnded: boolean;
  /** Input of the orchestration; absent if it has no history. */
  readonly input?: RolloutInput;
}

/** The operation that audit lines and entities name for a rollout. */
export function rolloutOperation(id: string, run: string = id): string {
  return formatOperationId({ instance: rolloutInstance(id), run });
}

/** Signals the rows to the entities that keep them. The orchestration waits for them. */
export async function putRows(
  client: DurableClient,
  id: string,
  requests: readonly RolloutRequest[],
  by: WorksFor['by'],
): Promise<void> {
  for (let piece = 0; piece < piecesOf(requests.length); piece += 1) {
    const rows = requests.slice(piece * PIECE_ROWS, (piece + 1) * PIECE_ROWS);
    await signalPiece(client, pieceKey(id, piece), 'put', { requests: rows, by });
  }
}

/** Starts the orchestration. @returns false if it is running already, or the engine cannot store it */
export function startRollout(client: DurableClient, input: RolloutInput): Promise<boolean> {
  return tryStart(client, ROLLOUT, rolloutInstance(input.plan.id), input);
}

/**
 * Starts the orchestration, repeatedly while the engine refuses because the last run has not ended.
 * @param isNeedless whether the control entity shows that the last run continues the rollout itself
 * @returns whether the rollout goes on; false if the engine has refused for as long as starts are awaited
 */
export function startUnless(
  client: DurableClient,
  input: RolloutInput,
  isNeedless: (state: ControlState) => boolean,
): Promise<boolean> {
  const goesOn = async () => {
    const control = await readControl(client, input.plan.id);
    return (control !== undefined && isNeedless(control)) || startRollout(client, input);
  };
  return pollUntil(goesOn, { isEnough: (done) => done, every: READ_EVERY, until: deadlineIn(CONFIRMED_WITHIN) });
}

/** The state of a rollout whose orchestration has not done anything yet. */
export function openingState(plan: RolloutPlan): ControlState {
  return { ...NO_CONTROL, plan, counts: { ...NO_ROWS, waiting: plan.rows } };
}

/** Reads a rollout; undefined if there is none. */
export async function readRollout(client: DurableClient, id: string): Promise<RolloutState | undefined> {
  if (!ROLLOUT_ID.test(id)) return undefined;
  // In this order: an orchestration that has ended has noted so in the entity before.
  const instance = await readInput(client, id);
  const control = await readControl(client, id);
  const plan = control?.plan ?? instance?.input?.plan;
  if (!plan) return undefined;
  return {
    plan,
    control: control ?? openingState(plan),
    hasEnded: instance?.hasEnded ?? true,
    ...(instance?.input ? { input: instance.input } : {}),
  };
}

/** Lists the ids of all rollouts that were not purged, the newest first: ids begin with the time of the request. */
export async function rolloutIds(list: ListedInstances): Promise<string[]> {
  return (await rolloutInstances(list)).map(({ id }) => id);
}

/** The same, each with whether its orchestration has ended. */
export async function rolloutInstances(
  list: ListedInstances,
): Promise<{ readonly id: string; readonly hasEnded: boolean }[]> {
  const prefix = rolloutInstance('');
  const found: { readonly id: string; readonly hasEnded: boolean }[] = [];
  const pages = pagesOf((continuation) => list({ prefix, top: PAGE, withoutInput: true, continuation }));
  for await (const page of pages)
    for (const instance of page.instances)
      found.push({ id: instance.instanceId.slice(prefix.length), hasEnded: hasEnded(instance) });
  return found.filter(({ id }) => ROLLOUT_ID.test(id)).toSorted((left, right) => (left.id < right.id ? 1 : -1));
}

/** Reads what a rollout's control entity keeps; undefined before it is opened or refused. */
async function readControl(client: DurableClient, id: string): Promise<ControlState | undefined> {
  const state = await readRolloutControl(client, id);
  return state?.plan ? state : undefined;
}

async function readInput(client: DurableClient, id: string) {
  const found = await readInstance(client, rolloutInstance(id));
  if (!found) return undefined;
  const input = inputOf(found.input);
  return { hasEnded: hasEnded(found), ...(input ? { input } : {}) };
}

/** The input of a rollout's orchestration. The app itself writes it, so checking one field is enough. */
export function inputOf(value: unknown): RolloutInput | undefined {
  const given: unknown = typeof value === 'string' ? parseJson(value) : value;
  return typeof given === 'object' && given !== null && 'plan' in given ? (given as RolloutInput) : undefined;
}

/** Reads rows of one piece. It is empty before its rows have arrived. */
export async function readPiece(client: DurableClient, id: string, piece: number): Promise<PieceState> {
  return (await readRolloutPiece(client, id, piece)) ?? EMPTY_PIECE;
}

/**
 * Waits until a rollout's control entity is as needed.
 * @returns its last state; undefined if there is none yet
 */
export function awaitControl(
  client: DurableClient,
  id: string,
  isEnough: (state: ControlState) => boolean,
): Promise<ControlState | undefined> {
  return pollUntil(() => readControl(client, id), {
    isEnough: (state) => state !== undefined && isEnough(state),
    every: READ_EVERY,
    until: deadlineIn(CONFIRMED_WITHIN),
  });
}

/** Signals an operation to a rollout's control entity, without waiting. */
export async function signalControl<Operation extends 'command' | 'stop' | 'drop'>(
  client: DurableClient,
  id: string,
  operation: Operation,
  request: ControlRequests[Operation] & WorksFor,
): Promise<void> {
  await client.signalEntity(new df.EntityId(ROLLOUT_CONTROL, id), operation, request);
}

/** Ends the claims of a rollout, and deletes what its entities keep. */
export async function dropRollout(client: DurableClient, plan: RolloutPlan, by: WorksFor['by']): Promise<void> {
  const release: ClaimsRequests['release'] & WorksFor = { rollout: plan.id, by };
  await client.signalEntity(new df.EntityId(ROLLOUT_CLAIMS, ROLLOUT_CLAIMS_KEY), 'release', release);
  for (let piece = 0; piece < piecesOf(plan.rows); piece += 1)
    await signalPiece(client, pieceKey(plan.id, piece), 'drop', { by });
  await signalControl(client, plan.id, 'drop', { by });
}

async function signalPiece<Operation extends 'put' | 'drop'>(
  client: DurableClient,
  key: string,
  operation: Operation,
  request: PieceRequests[Operation] & WorksFor,
): Promise<void> {
  await client.signalEntity(new df.EntityId(ROLLOUT_PIECE, key), operation, request);
}
