import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { z } from 'zod';
import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import type { RolloutClient, RolloutClientPage } from '@connected-registry/protocol/answers/rolloutAnswers';
import {
  ROLLOUT_CLIENTS_QUERY_FIELDS,
  rolloutClientsQuery,
} from '@connected-registry/protocol/requests/rolloutQueries';
import { PIECE_ROWS, type PieceState } from '../../../domain/rollouts/pieceState.js';
import type { RolloutRequest } from '../../../domain/rollouts/rollout.js';
import type { RowState, RowStatus } from '../../../domain/rollouts/row.js';
import { readPiece, readRollout } from '../../durable/rollouts/rollouts.js';
import { formatContinuation, parseContinuation } from '../requests/continuation.js';
import { badContinuation, queryParameters } from '../requests/queryParameters.js';
import { rolloutNotFound } from '../rollouts/rolloutAnswers.js';

/** The first row of a page, from 0. */
const rowPlace = z.strictObject({ row: z.int().min(0).max(100_000) });

/** `GET /api/rollouts/{id}/clients`: a page of a rollout's clients, in the order of its request. */
export async function getRolloutClients(request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> {
  const id = request.params['id'] ?? '';
  const parsed = queryParameters(request, rolloutClientsQuery, ROLLOUT_CLIENTS_QUERY_FIELDS);
  if ('refusal' in parsed) return parsed.refusal;
  const { top, continuation, state } = parsed.query;
  const filter = { id, state };
  const place = continuation === undefined ? { row: 0 } : parseContinuation(continuation, rowPlace, filter);
  if (!place) return badContinuation();
  const found = await readRollout(client, id);
  if (!found) return rolloutNotFound(id);
  const { clients, next } = await pageOf(client, { id, rows: found.plan.rows }, { from: place.row, top, state });
  const page: RolloutClientPage = {
    clients,
    ...(next === undefined ? {} : { continuation: formatContinuation({ row: next }, filter) }),
  };
  return { status: 200, jsonBody: page };
}

/**
 * Reads one piece after the other until the page is full. `next`: the first row after it that fits, if there is one.
 */
async function pageOf(
  client: DurableClient,
  { id, rows }: { readonly id: string; readonly rows: number },
  { from, top, state }: { readonly from: number; readonly top: number; readonly state: RowState | undefined },
): Promise<{ readonly clients: RolloutClient[]; readonly next?: number }> {
  const clients: RolloutClient[] = [];
  let piece: PieceState | undefined;
  for (let row = from; row < rows; row += 1) {
    const index = row % PIECE_ROWS;
    if (!piece || index === 0) piece = await readPiece(client, id, Math.floor(row / PIECE_ROWS));
    const { [index]: request } = piece.requests;
    const { [index]: status = WAITING } = piece.rows;
    if (!request || (state !== undefined && status.state !== state)) continue;
    if (clients.length === top) return { clients, next: row };
    clients.push(toClient(row, request, status));
  }
  return { clients };
}

const WAITING: RowStatus = { state: 'waiting', retry: 0 };

function toClient(
  row: number,
  request: RolloutRequest,
  { retry, busyFrom: _busyFrom, ...status }: RowStatus,
): RolloutClient {
  return { row: row + 1, ...referenceOf(request), ...status, ...(retry > 0 ? { retries: retry } : {}) };
}
