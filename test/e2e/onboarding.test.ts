import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { onboardingOf, problem } from './harness/appClient.js';
import { pullManifest } from './harness/edge.js';
import { whileRunsWait } from './harness/holds.js';
import { PATIENCE } from './harness/hostUnderTest.js';
import { findPasswords } from './harness/passwordSearch.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

const STEPS = ['preflight', 'ensureScopeMap', 'ensureToken', 'issueCredentials', 'bind', 'pullCheck', 'promote'];
const QUICKSTART = {
  connectedRegistry: 'myconnectedregistry',
  client: 'quickstart-device',
  repositories: ['hello-world'],
  scopeMap: 'hello-world-scopemap',
  token: 'myconnectedregistry-client-token',
};

let it: TestStack;
beforeAll(async () => (it = await startTestStack()));
afterAll(() => it.dispose());

test('a client is onboarded with the names of the quickstart', async () => {
  const { app, operator, stack } = it;
  const before = await operator.everything();
  const startedAt = Date.now();
  const answer = await app.post(QUICKSTART);
  expect(answer.status).toBe(202);
  expect(answer.body).toMatchObject({ id: expect.any(String), status: expect.any(String) });
  const id = String(answer.headers.get('location')).split('/api/operations/')[1] ?? '';
  expect(answer.body).toMatchObject({ id });
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);

  const ended = await app.end(id);
  expect(ended).toMatchObject({ id, status: 'completed' });
  expect(ended.steps.map(({ name }) => name).slice(0, STEPS.length)).toEqual(STEPS);
  for (const { status, attempts, startedAt, endedAt } of ended.steps) {
    expect({ status, tried: attempts > 0 }).toEqual({ status: 'completed', tried: true });
    expect(Date.parse(endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(startedAt));
  }
  expect(ended.failure).toBeUndefined();
  expect(ended.result).toMatchObject({
    scopeMap: QUICKSTART.scopeMap,
    token: QUICKSTART.token,
    connectedRegistry: QUICKSTART.connectedRegistry,
    secret: { slot: 'password1' },
    pull: { image: 'hello-world:latest' },
  });

  // What ARM and the vault say of it.
  const after = await operator.everything();
  expect(after.scopeMaps).toEqual([...before.scopeMaps, QUICKSTART.scopeMap].toSorted());
  expect(after.tokens).toEqual([...before.tokens, QUICKSTART.token].toSorted());
  expect(after.bound).toEqual([...before.bound, QUICKSTART.token].toSorted());
  expect((await operator.scopeMap(QUICKSTART.scopeMap)).actions).toEqual(['repositories/hello-world/content/read']);
  const token = await operator.token(QUICKSTART.token);
  expect(token.scopeMapId?.split('/').at(-1)).toBe(QUICKSTART.scopeMap);
  expect(token.status).toBe('enabled');
  const expiresOn = new Date(ended.result?.secret.expiresOn ?? 0);
  // Ninety days from a moment within the run, however long that took.
  const issuedAt = expiresOn.getTime() - 90 * 86_400_000;
  expect(issuedAt).toBeGreaterThanOrEqual(Math.floor(startedAt / 1000) * 1000);
  expect(issuedAt).toBeLessThanOrEqual(Date.now());
  // The password outlives the secret's date: whoever reads a secret that is still valid gets one that works.
  expect(token.credentials?.passwords?.[0]?.expiry?.getTime()).toBeGreaterThanOrEqual(expiresOn.getTime());

  // The secret is a docker config.json that works, and gives no more than was asked for.
  const { name = '', version = '' } = ended.result?.secret ?? {};
  const login = await operator.login(name, version);
  expect(login).toMatchObject({ host: stack.endpoints.edge.host, user: QUICKSTART.token });
  expect(await pullManifest(login, 'hello-world')).toEqual({
    step: 'manifest',
    status: 200,
    digest: ended.result?.pull.digest,
  });
  expect(await pullManifest({ ...login, password: 'wrong' }, 'hello-world')).toMatchObject({
    step: 'token',
    status: 401,
  });
  expect((await pullManifest(login, 'private-base')).status).not.toBe(200);
});

test('a second onboarding of a complete client writes nothing', async () => {
  const { app, operator } = it;
  const first = await app.end(await app.start(onboardingOf('repeated')));
  const before = await operator.everything();
  const second = await app.end(await app.start(onboardingOf('repeated')));
  expect(second.status).toBe('completed');
  expect(second.runId).not.toBe(first.runId);
  expect(second.result?.secret).toEqual(first.result?.secret);
  expect(second.result?.pull.digest).toBe(first.result?.pull.digest);
  expect(await operator.everything()).toEqual(before);
});

test('an equal request attaches to the run in progress, and the answer to a different one names that run', async () => {
  const { app } = it;
  const { id, again, other } = await whileRunsWait(it, async () => ({
    id: await app.start(onboardingOf('attached')),
    again: await app.post(onboardingOf('attached', { repositories: { 'hello-world': ['content/read'] } })),
    other: await app.post(onboardingOf('attached', { credentialLifetimeDays: 120 })),
  }));
  expect(again.status).toBe(202);
  expect(again.body).toMatchObject({ id });
  expect(other.status).toBe(409);
  expect(other.headers.get('content-type')).toContain('application/problem+json');
  problem.parse(other.body);
  expect(other.text).toContain(id);
  expect((await app.end(id)).status).toBe('completed');
});

test('ten equal concurrent requests start one run', async () => {
  const { app } = it;
  const ten = Array.from({ length: 10 });
  const ids = await whileRunsWait(it, () => Promise.all(ten.map(() => app.start(onboardingOf('ten-at-once')))));
  expect(new Set(ids).size).toBe(1);
  expect((await app.end(ids[0] ?? '')).status).toBe('completed');
});

test('five concurrent clients are all bound, and those with equal rights share a scope map', async () => {
  const { app, operator } = it;
  const ids = await Promise.all([1, 2, 3, 4, 5].map((n) => app.start(onboardingOf(`parallel-${n}`))));
  const ended = await Promise.all(ids.map((id) => app.end(id)));
  expect(ended.map(({ status }) => status)).toEqual(Array(5).fill('completed'));
  expect(new Set(ended.map(({ result }) => result?.scopeMap)).size).toBe(1);
  const bound = await operator.boundTokens();
  for (const { result } of ended) expect(bound).toContain(result?.token);
});

describe('operations', () => {
  test.each(['no-such-instance.k3v9', 'not an id', 'x', '../../admin', '%2e%2e'])('%j is unknown: 404', async (id) => {
    const answer = await it.app.get(`operations/${encodeURIComponent(id)}`);
    expect(answer.status).toBe(404);
    expect(problem.parse(answer.body)).toMatchObject({ status: 404 });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  test('a request without the key gets no answer but 401', async () => {
    expect((await it.app.request('operations/x')).status).toBe(401);
    expect((await it.app.request('onboardings', { method: 'POST', body: '{}' })).status).toBe(401);
  });

  test('an earlier run of a client that has run again is shown in short, with its end', async () => {
    const { app } = it;
    const first = await app.start(onboardingOf('twice'));
    await app.end(first);
    const second = await app.start(onboardingOf('twice'));
    await app.end(second);
    const answer = await app.get(`operations/${first}`);
    expect(answer).toMatchObject({ status: 200, body: { id: first, status: 'completed', abridged: true } });
  });
});

describe('Event Grid', () => {
  const verified = async (client: string): Promise<string | undefined> => {
    for await (const { tags } of it.operator.secrets.listPropertiesOfSecrets())
      if (tags?.['client'] === client && tags['verifiedAt']) return tags['token'];
    return undefined;
  };

  test.each(['CloudEvent', 'EventGrid'] as const)('a request as %s onboards the client', async (schema) => {
    const client = `by-${schema}`;
    await it.operator.publish(schema, onboardingOf(client));
    const token = await vi.waitFor(
      async () => {
        const found = await verified(client);
        expect(found).toBeDefined();
        return found;
      },
      { timeout: PATIENCE * 1000, interval: 200 },
    );
    expect(await it.operator.boundTokens()).toContain(token);
  });

  test.each([
    ['replaceSlot', { replaceSlot: 'password1' }],
    ['endpoint', { endpoint: 'evil.example:8000' }],
    ['registry', { registry: 'myregistry' }],
    ['dryRun', { dryRun: true }],
    ['write', { repositories: { 'hello-world': ['content/read', 'content/write'] } }],
  ])('a request with a field that only operators may set (%s) has no effect', async (name, more) => {
    const before = await it.operator.everything();
    await it.operator.publish('CloudEvent', onboardingOf(`event-with-${name}`, more));
    // An allowed request that comes after it, and goes through, shows that it had its time.
    const client = `after-event-with-${name}`;
    await it.operator.publish('CloudEvent', onboardingOf(client));
    await vi.waitFor(async () => expect(await verified(client)).toBeDefined(), {
      timeout: PATIENCE * 1000,
      interval: 200,
    });
    const after = await it.operator.everything();
    expect(after.tokens.length - before.tokens.length).toBe(1);
    expect(
      after.secrets.filter(
        (secret) => secret.includes(`event-with-${name.toLowerCase()}`) && !secret.includes('after'),
      ),
    ).toEqual([]);
  });
});

test('no password appears in the journal, a log, an answer or any file except the vault’s', async () => {
  const { searched, found, inVaultStore } = await findPasswords(it);
  expect(searched).toBeGreaterThan(10);
  expect(found).toEqual([]);
  expect(inVaultStore).toBe(true);
});
