import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { StackOptions } from '@connected-registry/local-stack/stack/startStack';
import { onboardingOf } from './harness/appClient.js';
import { pullManifest } from './harness/edge.js';
import { PATIENCE } from './harness/hostUnderTest.js';
import { findPasswords } from './harness/passwordSearch.js';
import { keyOf, reportOf, TestDevice } from './harness/testDevice.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

/** A regenerated password takes a minute to be known in Azure; here a second. Sweeps come every two. */
const SETTINGS = {
  PASSWORD_REPLICATION_SECONDS: '1',
  PULL_CHECK_RETRY_SECONDS: '1',
  ROTATION_SWEEP_SCHEDULE: '*/2 * * * * *',
};

async function start(device: StackOptions['device']): Promise<TestStack> {
  const it = await startTestStack({ ...(device === undefined ? {} : { device }), settings: SETTINGS });
  await it.stack.controlPlane.https(`${it.stack.endpoints.azure.arm}/_control/settings`, {
    method: 'PATCH',
    body: { replicationSeconds: 1 },
  });
  return it;
}

const slots = async ({ operator }: TestStack, token: string) =>
  ((await operator.token(token)).credentials?.passwords ?? []).flatMap(({ name }) =>
    name === undefined ? [] : [name],
  );

describe('with a device that pulls', () => {
  let it: TestStack;
  /** What the agent writes for docker holds passwords, so it is not where the search for them looks. */
  let consumers = '';
  beforeAll(async () => {
    consumers = mkdtempSync(join(tmpdir(), 'rotation-e2e-'));
    it = await start({ settings: { DOCKER_CONFIG_FILE: join(consumers, 'config.json') } });
  });
  afterAll(async () => {
    await it.dispose();
    rmSync(consumers, { recursive: true, force: true, maxRetries: 5 });
  });

  const onboard = async (client: string) => {
    const { result } = await it.app.end(await it.app.start(onboardingOf(client)));
    if (!result) throw new Error(`${client} was not onboarded.`);
    return result;
  };

  test('a credential is rotated and works at once, and the previous one is revoked once the device has acknowledged', async () => {
    const { app, operator } = it;
    const before = await onboard('rotated');
    const { name } = before.secret;
    const old = await operator.login(name);
    const ended = await app.end(await app.rotate('rotated'));
    expect(ended).toMatchObject({
      kind: 'rotate',
      status: 'completed',
      result: { token: before.token, secret: { name, slot: 'password2' }, revokes: { slot: 'password1' } },
    });
    const fresh = await operator.login(name);
    expect(fresh.password).not.toBe(old.password);
    expect(await pullManifest(fresh, 'hello-world')).toMatchObject({ status: 200 });
    // The overlap is three days: it is the device's word that ends it.
    await vi.waitFor(async () => expect(await slots(it, before.token)).toEqual(['password2']), {
      timeout: PATIENCE * 1000,
      interval: 200,
    });
    await vi.waitFor(async () => expect((await pullManifest(old, 'hello-world')).status).toBe(401), {
      timeout: PATIENCE * 1000,
      interval: 200,
    });
    expect(await pullManifest(fresh, 'hello-world')).toMatchObject({ status: 200 });
  });

  test('a leaked password is replaced before the new one is verified', async () => {
    const { app, operator } = it;
    const { token, secret } = await onboard('leaked');
    const leaked = await operator.login(secret.name);
    const clients = [{ connectedRegistry: 'myconnectedregistry', client: 'leaked' }];
    const plan = await app.post({ clients, urgent: true, dryRun: true }, 'rotations');
    expect(plan.body).toMatchObject({ plans: [{ problems: [], outage: expect.stringContaining('cannot pull') }] });
    const ended = await app.end(await app.rotate('leaked', { urgent: true }));
    expect(ended).toMatchObject({ status: 'completed', result: { secret: { slot: 'password1' } } });
    expect(await slots(it, token)).toEqual(['password1']);
    expect((await pullManifest(leaked, 'hello-world')).status).toBe(401);
    expect(await pullManifest(await operator.login(secret.name), 'hello-world')).toMatchObject({ status: 200 });
  });

  test('the schedule shows when each client is due', async () => {
    const schedule = z.object({
      total: z.int(),
      clients: z.array(
        z.object({
          client: z.string(),
          state: z.string(),
          dueAt: z.coerce.date(),
          deadline: z.coerce.date(),
          expiresOn: z.coerce.date(),
        }),
      ),
    });
    const { total, clients } = schedule.parse((await it.app.get('rotations/schedule?top=1')).body);
    expect([total, clients.length]).toEqual([2, 1]);
    for (const { state, dueAt, deadline, expiresOn } of clients) {
      expect(state).toBe('waiting');
      const days = (expiresOn.getTime() - dueAt.getTime()) / 86_400_000;
      // Two thirds of 90 days, and a spread of a week at the most.
      expect(days).toBeLessThanOrEqual(30.01);
      expect(days).toBeGreaterThanOrEqual(22.99);
      expect(deadline.getTime()).toBeGreaterThanOrEqual(dueAt.getTime());
    }
  });

  test(
    'a rotation continues after a kill of the host at each step; at every check a saved credential works',
    // In the default ring faults/rotation.test.ts kills the host during the calls of a rotation.
    { tags: ['kills-again', 'long'], timeout: 900_000 },
    async () => {
      const { app, operator } = it;
      const { token, secret } = await onboard('killed');
      const refused: unknown[] = [];
      const id = await app.rotate('killed');
      for (const step of ['issueCredentials', 'awaitSync', 'pullCheck', 'promote']) {
        await app.watch(id, ({ steps, status }) => status !== 'running' || steps.some(({ name }) => name === step));
        await it.crashHost();
        const pulled = await pullManifest(await operator.login(secret.name), 'hello-world');
        if (pulled.status !== 200) refused.push({ step, pulled });
      }
      expect((await app.end(id)).status).toBe('completed');
      expect(refused).toEqual([]);
      expect(await pullManifest(await operator.login(secret.name), 'hello-world')).toMatchObject({ status: 200 });
      expect((await slots(it, token)).length).toBeLessThanOrEqual(2);
    },
  );

  test('no password appears in the journal, a log or an answer', async () => {
    expect(await findPasswords(it)).toMatchObject({ found: [], inVaultStore: true });
  });
});

describe('with a device that the test controls', () => {
  let it: TestStack;
  let device: TestDevice;
  beforeAll(async () => {
    it = await start(false);
    device = await TestDevice.subscribe(it);
  });
  afterAll(async () => {
    await device.close();
    await it.dispose();
  });

  const onboard = async (client: string) => {
    const id = await it.app.start(onboardingOf(client));
    await report(client, 1, 'pulled');
    const { result } = await it.app.end(id);
    if (!result) throw new Error(`${client} was not onboarded.`);
    return result;
  };

  async function report(client: string, nth: number, outcome: string): Promise<void> {
    const request = await vi.waitUntil(() => device.requests(client)[nth - 1], { timeout: PATIENCE * 1000 });
    const pulled = outcome === 'pulled' ? { digest: `sha256:${'ab'.repeat(32)}`, bytes: 1234 } : {};
    const body = reportOf(request, outcome, pulled);
    const { status } = await it.app.report(request.operation, request.attempt, keyOf(request), body);
    expect(status).toBe(202);
  }

  test('a failed check keeps the credential in use, withdraws the candidate and alerts operators', async () => {
    const { app, operator } = it;
    const { token, secret } = await onboard('refused');
    const before = await operator.login(secret.name);
    const id = await app.rotate('refused');
    await report('refused', 2, 'digest-mismatch');
    const ended = await app.end(id);
    expect(ended).toMatchObject({
      status: 'rolledBack',
      failure: { code: 'pull-digest-mismatch', residue: [], nextTryAt: expect.any(String) },
    });
    expect(await operator.login(secret.name)).toEqual(before);
    expect(await slots(it, token)).toEqual(['password1']);
    expect(await operator.secretNames()).not.toContain(`${secret.name}-candidate`);
    await vi.waitFor(() => expect(device.deliveries.join('\n')).toContain('ConnectedRegistry.RotationFailed'));
    const alert = device.deliveries.find((text) => text.includes('RotationFailed')) ?? '';
    expect(alert).toContain('alerts/connectedRegistries/myconnectedregistry/clients/refused');
    expect(alert).not.toContain('reportKey');
  });

  test('an urgent rotation stops an ordinary one, and takes priority', async () => {
    const { app } = it;
    await onboard('overtaken');
    const ordinary = await app.rotate('overtaken');
    await vi.waitUntil(() => device.requests('overtaken')[1], { timeout: PATIENCE * 1000 });
    const urgent = await app.rotate('overtaken', { urgent: true });
    await vi.waitUntil(() => device.requests('overtaken').find(({ operation }) => operation === urgent), {
      timeout: PATIENCE * 1000,
    });
    const nth = device.requests('overtaken').findIndex(({ operation }) => operation === urgent) + 1;
    await report('overtaken', nth, 'pulled');
    expect((await app.end(urgent)).status).toBe('completed');
    expect(await app.get(`operations/${ordinary}`)).toMatchObject({
      status: 200,
      body: { status: 'rolledBack', abridged: true },
    });
  });

  test('no password appears in the journal, a log or an answer', async () => {
    expect(await findPasswords(it, device.deliveries)).toMatchObject({ found: [], inVaultStore: true });
  });
});
