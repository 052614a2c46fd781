import { beforeEach, describe, expect, test } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { newRunId } from '@connected-registry/protocol/names/operationId';
import { ONBOARD } from '../../../../src/domain/operations/run.js';
import { START_WHEN_FREE, waitingInstance } from '../../../../src/domain/operations/waitingRun.js';
import { durableRuns } from '../../../../src/triggers/durable/durableRuns.js';
import { cancelOperation, getOperation } from '../../../../src/triggers/http/routes/operations.js';
import { FakeDurableClient, httpRequest, seen, type Instance } from '../../fakes/durable/durableClient.js';
import { onboardingRun } from '../../fakes/answers/requests.js';

const ours = { ...onboardingRun(), run: newRunId(new Date(), Buffer.from('ours')) };
const INSTANCE = clientKey(ours.request);
const WAITING = waitingInstance(ONBOARD, ours.request);
const OURS = `${INSTANCE}.${ours.run}`;
const other = { ...ours, run: newRunId(new Date(Date.now() - 1000), Buffer.from('othr')), fingerprint: 'another' };
const OTHER = `${INSTANCE}.${other.run}`;

let engine: FakeDurableClient;
beforeEach(() => {
  engine = new FakeDurableClient();
});
const hold = (instance: string, changes: Partial<Instance>) =>
  engine.instances.set(instance, { name: ONBOARD, input: other, runtimeStatus: 'Running', ...changes });
const wait = (changes: Partial<Instance> = {}) =>
  hold(WAITING, { name: START_WHEN_FREE, input: { ...ours, kind: ONBOARD, preempts: true }, ...changes });
const get = async (id: string) => seen(await getOperation(httpRequest({ params: { id } }), engine.client));

describe('startWhenFree', () => {
  test('starts at once if the client has no run', async () => {
    expect(await durableRuns(engine.client).startWhenFree(ONBOARD, ours, true)).toMatchObject({ id: OURS });
    expect([...engine.instances.keys()]).toEqual([INSTANCE]);
  });

  test('waits in its own instance for a run of another kind, as an operation of the client', async () => {
    hold(INSTANCE, { name: 'rotate' });
    expect(await durableRuns(engine.client).startWhenFree(ONBOARD, ours, true)).toEqual({
      kind: 'running',
      id: OURS,
      attached: false,
    });
    expect(engine.instances.get(WAITING)).toMatchObject({ name: START_WHEN_FREE, input: { preempts: true } });
  });

  test('attaches to an equal waiting request, and not to another one', async () => {
    hold(INSTANCE, { name: 'rotate' });
    const runs = durableRuns(engine.client);
    await runs.startWhenFree(ONBOARD, ours, true);
    const again = { ...ours, run: newRunId(new Date(), Buffer.from('agan')) };
    expect(await runs.startWhenFree(ONBOARD, again, true)).toEqual({ kind: 'running', id: OURS, attached: true });
    const different = { ...again, fingerprint: 'different' };
    expect(await runs.startWhenFree(ONBOARD, different, true)).toMatchObject({ kind: 'conflict', id: OURS });
  });

  test('does not wait for a run of the same kind with another request', async () => {
    hold(INSTANCE, {});
    expect(await durableRuns(engine.client).startWhenFree(ONBOARD, ours, true)).toMatchObject({
      kind: 'conflict',
      id: OTHER,
    });
    expect(engine.instances.has(WAITING)).toBe(false);
  });
});

describe('the operation of a run that waits', () => {
  test('is shown as running, with the run that it waits for', async () => {
    hold(INSTANCE, { name: 'rotate' });
    const steps = [{ name: 'waitForOtherRun', status: 'waiting', attempts: 1, startedAt: 'x', message: 'busy' }];
    wait({ customStatus: { phase: 'waiting', steps } });
    expect((await get(OURS)).body).toMatchObject({
      id: OURS,
      kind: ONBOARD,
      status: 'running',
      phase: 'waiting',
      steps,
    });
  });

  test('is the run itself once it has begun', async () => {
    hold(INSTANCE, { input: ours, customStatus: { phase: 'bind', steps: [] } });
    wait({ runtimeStatus: 'Completed', output: { status: 'completed', endedAt: 'x', steps: [], startedAs: OURS } });
    expect((await get(OURS)).body).toMatchObject({ status: 'running', phase: 'bind' });
  });

  test('is the run itself if it begins between the reads', async () => {
    hold(INSTANCE, { name: 'rotate' });
    wait({ runtimeStatus: 'Completed', output: { status: 'completed', endedAt: 'x', steps: [], startedAs: OURS } });
    // The second read is that of the revocation.
    engine.onRead = (nth) => {
      if (nth === 2) hold(INSTANCE, { input: ours, customStatus: { phase: 'bind', steps: [] } });
    };
    expect(await get(OURS)).toMatchObject({ status: 200, body: { status: 'running', phase: 'bind' } });
  });

  test('names the run that it attached to', async () => {
    hold(INSTANCE, { name: 'rotate' });
    wait({ runtimeStatus: 'Completed', output: { status: 'completed', endedAt: 'x', steps: [], startedAs: OTHER } });
    expect(await get(OURS)).toMatchObject({ status: 410, body: { code: 'superseded', current: OTHER } });
  });

  test('can be cancelled while it waits', async () => {
    hold(INSTANCE, { name: 'rotate' });
    wait();
    const answer = seen(await cancelOperation(httpRequest({ params: { id: OURS } }), engine.client, 'function-key'));
    expect([answer.status, answer.body]).toEqual([202, { id: OURS, status: 'running' }]);
    expect(engine.raised).toMatchObject([{ id: WAITING, name: `cancel-${ours.run}` }]);
  });

  test('of a later run does not make the earlier one unknown', async () => {
    const later = { ...ours, run: newRunId(new Date(Date.now() - 5000), Buffer.from('late')) };
    hold(INSTANCE, { input: later });
    expect(await get(OURS)).toMatchObject({ status: 410, body: { current: `${INSTANCE}.${later.run}` } });
  });
});

describe('a run is asked to stop', () => {
  test('with the reason, while it is running', async () => {
    hold(INSTANCE, {});
    await durableRuns(engine.client).cancel({ instance: INSTANCE, run: other.run }, 'Ada', 'preempted');
    expect(engine.raised).toEqual([
      { id: INSTANCE, name: `cancel-${other.run}`, data: { actor: 'Ada', reason: 'preempted' } },
    ]);
  });

  test.each([
    ['has ended', { runtimeStatus: 'Completed' }],
    ['was followed by another', { input: ours }],
  ])('but not one that %s', async (_, changes) => {
    hold(INSTANCE, changes);
    await durableRuns(engine.client).cancel({ instance: INSTANCE, run: other.run }, 'Ada', 'revoked');
    expect(engine.raised).toEqual([]);
  });
});
