import { randomBytes } from 'node:crypto';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { newRunId } from '@connected-registry/protocol/names/operationId';
import { audit } from '../../../audit/audit.js';
import { PIECE_ROWS } from '../../../domain/rollouts/pieceState.js';
import { rolloutInstance, type RolloutRequest } from '../../../domain/rollouts/rollout.js';
import type { ControlState, RolloutCommand, RolloutStatus } from '../../../domain/rollouts/controlState.js';
import { FITTING_STATUSES } from '../../../domain/rollouts/control.js';
import type { Config } from '../../../settings/config.js';
import {
  awaitControl,
  readPiece,
  readRollout,
  rolloutOperation,
  signalControl,
  startUnless,
  type RolloutState,
} from '../../durable/rollouts/rollouts.js';
import {
  doesNotFit,
  notClaimed,
  isLost,
  rolloutLocation,
  rolloutNotFound,
  viewOf,
} from '../rollouts/rolloutAnswers.js';

/** The status in which a command would change nothing. */
const DONE: Readonly<Record<RolloutCommand, RolloutStatus | undefined>> = {
  pause: 'paused',
  resume: 'running',
  cancel: 'cancelled',
  'retry-failed': undefined,
};

/** The statuses in which no orchestration carries out commands, or only one that is about to end. */
const ENDED: readonly RolloutStatus[] = ['stopped', 'completed', 'cancelled'];

/**
 * `POST /api/rollouts/{id}/{command}`: pauses, resumes or cancels a rollout, or has failed and cancelled clients tried
 * again. The same command again changes nothing, except `retry-failed`. Answers 200 once the command is in effect, 202
 * if that takes longer.
 */
export function postRolloutCommand(config: Pick<Config, 'limits'>, command: RolloutCommand) {
  return async (request: HttpRequest, client: DurableClient, actor: string): Promise<HttpResponseInit> => {
    const id = request.params['id'] ?? '';
    const found = await readRollout(client, id);
    if (!found) return rolloutNotFound(id);
    const operation = rolloutOperation(id);
    const by = { operation, actor };
    const state = isLost(found) ? await noteStop(client, found, by) : found;
    const { status } = state.control;
    if (status === DONE[command] || (status === 'running' && command === 'cancel' && isCancelling(state.control)))
      return inEffect(state);
    if (!FITTING_STATUSES[command].includes(status) || (command === 'retry-failed' && state.plan.dryRun))
      return doesNotFit(command, status);

    const given = { id: newRunId(new Date(), randomBytes(4)), command, actor, at: new Date().toISOString() };
    await signalControl(client, id, 'command', { ...given, by });
    audit(`rollout.${command}.succeeded`, { resource: rolloutInstance(id), operation });
    // A status notes the end before the orchestration ends.
    const isEnded = state.hasEnded || ENDED.includes(status);
    if (isEnded && !(await startAgain(client, state, given.id, actor, config))) return pending(state);
    const isOver = ({ conflicts }: ControlState) => isEnded && conflicts !== undefined;
    const control = await awaitControl(client, id, (now) => isDone(now, given.id, command) || isOver(now));
    const now: RolloutState = { ...state, hasEnded: false, ...(control ? { control } : {}) };
    if (isOver(now.control)) return refused(client, now);
    return isDone(now.control, given.id, command) ? inEffect(now) : pending(now);
  };
}

/**
 * Notes that the engine has ended the orchestration, so that commands find the rollout stopped. The state is read again
 * first: another command may have started the orchestration between the reads of the instance and of the entity.
 */
async function noteStop(
  client: DurableClient,
  found: RolloutState,
  by: { readonly operation: string; readonly actor: string },
): Promise<RolloutState> {
  const { plan } = found;
  const again = await readRollout(client, plan.id);
  if (again && !isLost(again)) return again;
  await signalControl(client, plan.id, 'stop', { plan, by });
  const control = await awaitControl(client, plan.id, ({ status }) => status === 'stopped');
  return control ? { ...found, control } : found;
}

/**
 * Starts an ended orchestration again, after the control entity has taken the command that it is to find. The engine
 * refuses to start an orchestration that has noted its end and has not ended yet, so the start is repeated until the
 * engine accepts it, or until the orchestration has found the command itself.
 * @returns false if neither happened in time
 */
async function startAgain(
  client: DurableClient,
  { plan }: RolloutState,
  command: string,
  actor: string,
  { limits }: Pick<Config, 'limits'>,
): Promise<boolean> {
  const control = await awaitControl(client, plan.id, (now) => knows(now, command));
  if (!control || !knows(control, command)) return false;
  const input = { plan, run: newRunId(new Date(), randomBytes(4)), actor, limits };
  return startUnless(client, input, (now) => !ENDED.includes(now.status) || !waits(now, command));
}

/** Whether a command waits for the orchestration. */
function waits({ commands }: Pick<ControlState, 'commands'>, command: string): boolean {
  return commands.some(({ id }) => id === command);
}

function knows({ commands, carriedOut }: ControlState, command: string): boolean {
  return carriedOut.includes(command) || waits({ commands }, command);
}

function isCancelling({ commands }: ControlState): boolean {
  return commands.some(({ command }) => command === 'cancel');
}

function isDone(control: ControlState, id: string, command: RolloutCommand): boolean {
  return control.carriedOut.includes(id) || control.status === DONE[command];
}

function inEffect(state: RolloutState): HttpResponseInit {
  return { status: 200, jsonBody: viewOf(state) };
}

function pending(state: RolloutState): HttpResponseInit {
  const headers = { location: rolloutLocation(state.plan.id), 'retry-after': '2' };
  return { status: 202, headers, jsonBody: viewOf(state) };
}

/** Builds the answer to a command after which the rollout could not be started again. */
async function refused(client: DurableClient, { plan, control }: RolloutState): Promise<HttpResponseInit> {
  const conflicts = control.conflicts ?? [];
  const clients = new Map<number, RolloutRequest>();
  for (const piece of new Set(conflicts.map(({ row }) => Math.floor(row / PIECE_ROWS)))) {
    const { requests } = await readPiece(client, plan.id, piece);
    requests.forEach((one, index) => clients.set(piece * PIECE_ROWS + index, one));
  }
  return notClaimed(control, (row) => clients.get(row), {});
}
