import { beforeEach, describe, expect, test } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { randomOf } from '@connected-registry/protocol/names/operationId';
import { EMPTY_PIECE } from '../../../../src/domain/rollouts/pieceState.js';
import { durableRuns } from '../../../../src/triggers/durable/durableRuns.js';
import { onboardingRun } from '../../fakes/answers/requests.js';
import { FakeDurableClient } from '../../fakes/durable/durableClient.js';

const run = onboardingRun();
const instance = clientKey(run.request);
const id = { instance, run: run.run };
const END = '2026-03-01T12:10:00.000Z';
let engine: FakeDurableClient;
beforeEach(() => {
  engine = new FakeDurableClient();
});
const runs = () => durableRuns(engine.client);
const hold = (runtimeStatus: string, output?: object, input: object = run, name = 'onboard') =>
  engine.instances.set(instance, { name, input, runtimeStatus, ...(output ? { output } : {}) });
const ended = (status: string, code?: string) => ({
  status,
  endedAt: END,
  steps: [],
  ...(code === undefined ? {} : { failure: { code, message: 'm', residue: [], kept: [] } }),
});
const remember = (status: string, code?: string) =>
  engine.entities.set(`@client@${instance}`, { ended: [{ id: `${instance}.${run.run}`, ...ended(status, code) }] });

describe('how a run stands', () => {
  test.each([
    ['Running', undefined, { state: 'running' }],
    ['Completed', ended('completed'), { state: 'completed' }],
    ['Completed', ended('rolledBack', 'sync-overdue'), { state: 'failed', code: 'sync-overdue' }],
    ['Completed', ended('rolledBack', 'cancelled'), { state: 'cancelled', code: 'cancelled' }],
    ['Terminated', undefined, { state: 'failed', code: 'terminated' }],
    ['Failed', undefined, { state: 'failed', code: 'internal' }],
  ])('is read from its instance: %s %o', async (runtimeStatus, output, progress) => {
    hold(runtimeStatus, output);
    expect(await runs().progress(id)).toEqual(progress);
    expect(await runs().state(id)).toBe(progress.state);
  });

  test('is read from the record when another run has taken the instance, or it was purged', async () => {
    remember('rolledBack', 'sync-overdue');
    const failed = { state: 'failed', code: 'sync-overdue' };
    expect(await runs().progress(id)).toEqual(failed);
    hold('Running', undefined, { ...run, run: 'another000000009' });
    expect(await runs().progress(id)).toEqual(failed);
    expect(await runs().progress({ instance, run: 'unheard00000001' })).toEqual({ state: 'unknown' });
  });

  test('is read from the record if the run was started again after its end', async () => {
    hold('Completed', ended('rolledBack', 'stale-event'));
    expect(await runs().progress(id)).toEqual({ state: 'cancelled', code: 'stale-event' });
    remember('completed');
    expect(await runs().progress(id)).toEqual({ state: 'completed' });
  });

  test('of a check says for which clients it found differences', async () => {
    const finding = (client: string, more: object) => ({
      ...run.request,
      client,
      state: 'drifted',
      differences: [],
      ...more,
    });
    const findings = [
      finding('fine', { state: 'ok' }),
      finding('differs', { differences: [{}] }),
      finding('expiring', { state: 'expiring' }),
      finding('absent', { state: 'absent' }),
    ];
    hold('Completed', { ...ended('completed'), result: { findings } }, run, 'check');
    const { differing } = await runs().progress(id);
    expect(differing).toEqual(['differs', 'absent'].map((client) => clientKey({ ...run.request, client })));
  });
});

describe('a run that was started before', () => {
  const random = randomOf(run.run);

  test('is found in its instance, and in the record of its client', async () => {
    expect(await runs().find(instance, random)).toBeUndefined();
    hold('Running');
    expect(await runs().find(instance, random)).toEqual(id);
    hold('Running', undefined, { ...run, run: 'another000000009' });
    expect(await runs().find(instance, random)).toBeUndefined();
    remember('completed');
    expect(await runs().find(instance, random)).toEqual(id);
  });
});

test('a piece of a rollout is read from its entity', async () => {
  expect(await runs().rolloutPiece('r1', 2, 4)).toBeUndefined();
  const reads = engine.reads;
  engine.onRead = (count) => {
    if (count > reads + 2) engine.entities.set('@rolloutPiece@r1-2', { ...EMPTY_PIECE, version: 4 });
  };
  expect(await runs().rolloutPiece('r1', 2, 4), 'a write that is seen a moment later').toMatchObject({ version: 4 });
  const last = engine.reads;
  expect(await runs().rolloutPiece('r1', 2, 3)).toEqual({ ...EMPTY_PIECE, version: 4 });
  expect(engine.reads).toBe(last + 1);
});
