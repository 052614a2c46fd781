import { beforeEach, describe, expect, test } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { newRunId } from '@connected-registry/protocol/names/operationId';
import { revocationInstance } from '../../../../src/domain/revocation/revocationInstance.js';
import { OFFBOARD, ONBOARD, REVOKE } from '../../../../src/domain/operations/run.js';
import { cancelOperation, getOperation } from '../../../../src/triggers/http/routes/operations.js';
import { FakeDurableClient, httpRequest, seen, type Instance } from '../../fakes/durable/durableClient.js';
import { onboardingRun, RUN } from '../../fakes/answers/requests.js';

const INSTANCE = clientKey(onboardingRun().request);
const EARLIER = newRunId(new Date('2026-02-01T00:00:00Z'), Buffer.alloc(4));
const steps = [{ name: 'bind', status: 'waiting', attempts: 2, startedAt: 'x', message: 'busy' }];
let engine: FakeDurableClient;
beforeEach(() => {
  engine = new FakeDurableClient();
});
const hold = (changes: Partial<Instance> = {}) =>
  engine.instances.set(INSTANCE, { name: ONBOARD, input: onboardingRun(), runtimeStatus: 'Running', ...changes });
const get = async (id = `${INSTANCE}.${RUN}`) =>
  seen(await getOperation(httpRequest({ params: { id } }), engine.client));

describe('an operation that has started to remove access', () => {
  const cancel = async () =>
    seen(await cancelOperation(httpRequest({ params: { id: `${INSTANCE}.${RUN}` } }), engine.client, 'function-key'));
  const revoked = (changes: Partial<Instance> = {}) =>
    engine.instances.set(revocationInstance({ instance: INSTANCE, run: RUN }), {
      name: REVOKE,
      input: onboardingRun(),
      runtimeStatus: 'Running',
      ...changes,
    });

  test('cannot be cancelled, and says so', async () => {
    hold({ name: OFFBOARD });
    expect(await cancel()).toMatchObject({ status: 409, body: { code: 'not-cancellable' } });
    engine.instances.clear();
    revoked();
    expect(await cancel()).toMatchObject({ status: 409, body: { code: 'not-cancellable' } });
    expect(engine.raised).toEqual([]);
  });

  test('is found beside the client’s run', async () => {
    hold({ input: { ...onboardingRun(), run: 'another' } });
    revoked({ customStatus: { phase: 'disable', steps: [] } });
    expect((await get()).body).toMatchObject({ id: `${INSTANCE}.${RUN}`, kind: 'revoke', phase: 'disable' });
  });

  test('is not mistaken for one of another client with the same key hash', async () => {
    revoked();
    const other = `other-${INSTANCE}`;
    expect((await get(`${other}.${RUN}`)).status).toBe(404);
  });
});

describe('GET /api/operations/{id}', () => {
  test('shows a run that has just started', async () => {
    hold({ runtimeStatus: 'Pending' });
    const { status, headers, body } = await get();
    expect([status, headers]).toEqual([200, { 'retry-after': '1', etag: expect.any(String) }]);
    expect(body).toEqual({
      id: `${INSTANCE}.${RUN}`,
      kind: 'onboard',
      runId: RUN,
      status: 'running',
      phase: 'starting',
      registry: 'myregistry',
      connectedRegistry: 'myconnectedregistry',
      client: 'sensor-7',
      startedAt: onboardingRun().requestedAt,
      steps: [],
    });
  });

  test('is answered 304 until the run has changed, without another call of the engine', async () => {
    hold({ customStatus: { phase: 'bind', steps } });
    const etag = (await get()).headers?.['etag'] ?? '';
    const ask = async () =>
      getOperation(
        httpRequest({ params: { id: `${INSTANCE}.${RUN}` }, headers: { 'if-none-match': etag } }),
        engine.client,
      );
    engine.reads = 0;
    expect(await ask()).toEqual({ status: 304, headers: { 'retry-after': '1', etag } });
    expect(engine.reads).toBe(1);
    hold({ customStatus: { phase: 'pullCheck', steps } });
    expect((await ask()).status).toBe(200);
  });

  test('shows the progress of a run', async () => {
    hold({ customStatus: { phase: 'bind', steps } });
    expect((await get()).body).toMatchObject({ status: 'running', phase: 'bind', steps });
  });

  test.each(['completed', 'rolledBack', 'failed'])('shows a run that ended as %s, with its outcome', async (status) => {
    const failure = { code: 'a-code', message: 'm', residue: [], kept: [] };
    const part = status === 'completed' ? { result: { token: 'a-token' } } : { failure };
    const output = { status, endedAt: '2026-03-01T12:01:00.000Z', steps, reports: { 1: 'hash' }, ...part };
    hold({ runtimeStatus: 'Completed', output });
    const { headers, body } = await get();
    expect(headers).not.toHaveProperty('retry-after');
    expect(body).toMatchObject({ status, phase: status, endedAt: output.endedAt, steps, ...part });
    expect(body).not.toHaveProperty('reports');
  });

  test.each([
    ['Failed', 'internal'],
    ['Terminated', 'terminated'],
  ])('shows a run that the engine ended as %s, without the engine’s text', async (runtimeStatus, code) => {
    hold({ runtimeStatus, customStatus: { phase: 'bind', steps }, output: 'Error: top-secret at stack' });
    const { body } = await get();
    expect(body).toMatchObject({ status: 'failed', steps, failure: { code } });
    expect((body['failure'] as { residue: string[] }).residue).not.toEqual([]);
    expect(JSON.stringify(body)).not.toContain('top-secret');
  });

  test.each(['', 'no-run', `${INSTANCE}.`, 'unknown.run', '../x.y', 'a'.repeat(5000)])('knows no %j', async (id) => {
    hold();
    const { status, body, headers } = await get(id);
    expect([status, body['code']]).toEqual([404, 'operation-not-found']);
    expect(headers?.['content-type']).toBe('application/problem+json');
    expect(JSON.stringify(body).length).toBeLessThan(1000);
  });

  test('names the run that replaced an earlier one', async () => {
    hold();
    const { status, body } = await get(`${INSTANCE}.${EARLIER}`);
    expect([status, body['code'], body['current']]).toEqual([410, 'superseded', `${INSTANCE}.${RUN}`]);
  });

  test('does not do so for a run that never existed', async () => {
    hold();
    expect((await get(`${INSTANCE}.zzzzzzzzzzzzzzzz`)).status).toBe(404);
  });

  test('does not show an instance of another kind', async () => {
    hold({ name: 'somethingElse' });
    expect((await get()).status).toBe(404);
  });
});

describe('POST /api/operations/{id}/cancel', () => {
  const cancel = async (id = `${INSTANCE}.${RUN}`) =>
    seen(await cancelOperation(httpRequest({ params: { id } }), engine.client, 'ann@example.com'));

  test('asks the running run to stop', async () => {
    hold();
    const { status, headers, body } = await cancel();
    expect([status, body]).toEqual([202, { id: `${INSTANCE}.${RUN}`, status: 'running' }]);
    expect(headers?.['location']).toContain(`/api/operations/${INSTANCE}.${RUN}`);
    const data = { actor: 'an operator (ann@example.com)', reason: 'cancelled' };
    expect(engine.raised).toEqual([{ id: INSTANCE, name: `cancel-${RUN}`, data }]);
  });

  test.each([
    ['an ended run', 409, 'already-ended', `${INSTANCE}.${RUN}`],
    ['an earlier run', 410, 'superseded', `${INSTANCE}.${EARLIER}`],
    ['an unknown one', 404, 'operation-not-found', 'unknown.run'],
  ])('raises nothing for %s', async (_, status, code, id) => {
    hold({ runtimeStatus: 'Completed', output: { status: 'completed', endedAt: 'x', steps: [] } });
    const answer = await cancel(id);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect(engine.raised).toEqual([]);
  });
});
