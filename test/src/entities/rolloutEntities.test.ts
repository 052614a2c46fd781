import { expect, test } from 'vitest';
import type { EntityCall } from '../../../src/domain/operations/entityCall.js';
import { EMPTY_PIECE, type PieceRequests, type PieceState } from '../../../src/domain/rollouts/pieceState.js';
import { NO_CLAIMS, rolloutClaims } from '../../../src/entities/rolloutClaims.js';
import { NO_CONTROL } from '../../../src/domain/rollouts/control.js';
import { rolloutControl } from '../../../src/entities/rolloutControl.js';
import { rolloutPiece } from '../../../src/entities/rolloutPiece.js';

const by = { operation: 'rollout-one.one', actor: 'function-key' };
const client = (name: string) => ({ registry: 'registry', connectedRegistry: 'edge', client: name });
const put = { requests: [client('a'), client('b'), client('c')] };

const send = <Operation extends keyof PieceRequests>(
  piece: PieceState,
  operation: Operation,
  request: PieceRequests[Operation],
) => rolloutPiece({ operation, request: { ...request, by } } as EntityCall<PieceRequests>, piece);

const noted = async () => {
  const { state } = await send(EMPTY_PIECE, 'put', put);
  const changes = [
    { index: 0, status: { state: 'failed', retry: 0, code: 'timeout' } },
    { index: 1, status: { state: 'running', retry: 0, operation: 'b.1' } },
  ] as const;
  return (await send(state, 'note', { changes })).state;
};

test('a piece asks to be read later until its rows have arrived', async () => {
  expect((await send(EMPTY_PIECE, 'read', {})).outcome.kind).toBe('retryLater');
  const { state } = await send(EMPTY_PIECE, 'put', put);
  expect((await send(state, 'read', {})).outcome).toMatchObject({ kind: 'done', value: { counts: { waiting: 3 } } });
});

test('rows that arrive again do not replace what is known about them', async () => {
  const state = await noted();
  expect((await send(state, 'put', put)).state).toEqual(state);
});

test('a note answers a higher version, the counts and the failures', async () => {
  const state = await noted();
  expect((await send(state, 'read', {})).outcome).toMatchObject({
    kind: 'done',
    value: { version: 2, counts: { waiting: 1, running: 1, failed: 1 }, failures: { timeout: 1 } },
  });
});

test('an older note about a start does not undo an end', async () => {
  const state = await noted();
  const late = { changes: [{ index: 0, status: { state: 'running', retry: 0, operation: 'a.1' } }] } as const;
  expect((await send(state, 'note', late)).state.rows[0]).toMatchObject({ state: 'failed' });
});

test('a retry makes failed rows wait once for each command, and a late note about the try before is dropped', async () => {
  const { state } = await send(await noted(), 'retryFailed', { command: 'r', found: [] });
  expect(state.rows[0]).toEqual({ state: 'waiting', retry: 1 });
  const late = { changes: [{ index: 0, status: { state: 'completed', retry: 0 } }] } as const;
  const after = (await send(state, 'note', late)).state;
  expect(after.rows[0]).toEqual({ state: 'waiting', retry: 1 });
  expect((await send(state, 'retryFailed', { command: 'r', found: [] })).state).toEqual(state);
});

test('cancelling ends waiting rows only', async () => {
  const { state } = await send(await noted(), 'cancelWaiting', {});
  expect(state.rows.map((row) => row.state)).toEqual(['failed', 'running', 'cancelled']);
});

test('dropping deletes the rows', async () => {
  expect((await send(await noted(), 'drop', {})).state).toEqual(EMPTY_PIECE);
});

test('the claims entity answers conflicts, until the other rollout releases its clients', async () => {
  const one = await rolloutClaims({ operation: 'claim', request: { rollout: 'one', clients: ['a'], by } }, NO_CLAIMS);
  const two = await rolloutClaims({ operation: 'claim', request: { rollout: 'two', clients: ['a'], by } }, one.state);
  expect(two).toEqual({
    state: one.state,
    outcome: { kind: 'done', value: { conflicts: [{ row: 0, rollout: 'one' }] } },
  });
  expect((await rolloutClaims({ operation: 'release', request: { rollout: 'one', by } }, two.state)).state).toEqual(
    NO_CLAIMS,
  );
});

test('the control entity ignores commands for a rollout that it does not know', async () => {
  const now = new Date('2026-03-01T12:00:00.000Z');
  const command = { id: 'c', command: 'cancel', actor: 'ann', at: now.toISOString(), by } as const;
  expect(await rolloutControl({ operation: 'command', request: command }, NO_CONTROL, now)).toEqual({
    state: NO_CONTROL,
    outcome: { kind: 'done', value: { status: 'opening', commands: [] } },
  });
});

test('a drop deletes the control and the pieces of a rollout', async () => {
  expect(await send(await noted(), 'drop', {})).toMatchObject({ isDropped: true });
  expect(await rolloutControl({ operation: 'drop', request: { by } }, NO_CONTROL, new Date())).toMatchObject({
    isDropped: true,
  });
});

test('a request does not compile with another operation than its own', () => {
  // @ts-expect-error: the rows belong to `put`.
  const wrong: EntityCall<PieceRequests> = { operation: 'note', request: { ...put, by } };
  const right: EntityCall<PieceRequests> = { operation: 'put', request: { ...put, by } };
  expect(wrong.request).toEqual(right.request);
});
