import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { ONBOARD } from '../../../../src/domain/operations/run.js';
import { formatTags } from '@connected-registry/protocol/names/secretTags';
import { postOnboardings } from '../../../../src/triggers/http/routes/onboardings.js';
import { whileTimePasses } from '../../fakes/advance.js';
import { FakeDurableClient, httpRequest, seen } from '../../fakes/durable/durableClient.js';
import { BODY, onboarding, onboardingRun } from '../../fakes/answers/requests.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const INSTANCE = clientKey(onboarding());
let engine: FakeDurableClient;
let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  engine = new FakeDurableClient();
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

async function post(body: unknown) {
  const answer = postOnboardings(world.config, world.queries)(httpRequest({ body }), engine.client, 'ann@example.com');
  return seen(await whileTimePasses(answer));
}

describe('POST /api/onboardings', () => {
  test('starts a run whose input has all that the orchestration needs, and returns its location', async () => {
    const { status, headers, body } = await post(BODY);
    const { input, name } = engine.instances.get(INSTANCE) ?? {};
    const { run } = input as { run: string };
    expect([status, body]).toEqual([202, { id: `${INSTANCE}.${run}`, status: 'running' }]);
    expect(headers).toEqual({
      location: `/api/operations/${INSTANCE}.${run}`,
      'retry-after': '2',
    });
    expect(name).toBe(ONBOARD);
    expect(input).toMatchObject({
      actor: 'ann@example.com',
      requestedAt: '2026-03-01T12:00:00.000Z',
      request: onboarding(),
      limits: world.config.limits,
      fingerprint: onboardingRun().fingerprint,
    });
    // The caller's key is in the request's address; it must not go into the answer.
    expect(JSON.stringify([headers, body])).not.toContain('a-key');
  });

  test('uses the default lifetime, and refuses one that the near-expiry event would end at once', async () => {
    world = createWorld({ CREDENTIAL_LIFETIME_DAYS: '60', ROTATION_SPREAD_HOURS: '24' });
    await post(BODY);
    expect(engine.instances.get(INSTANCE)?.input).toMatchObject({ request: { credentialLifetimeDays: 60 } });
    const { status, body } = await post({ ...BODY, credentialLifetimeDays: 30 });
    expect([status, body['errors']]).toMatchObject([
      400,
      [{ field: 'credentialLifetimeDays', fix: expect.stringContaining('NEAR_EXPIRY_EVENTS') }],
    ]);
    engine = new FakeDurableClient();
    world = createWorld({ NEAR_EXPIRY_EVENTS: 'false' });
    expect((await post({ ...BODY, credentialLifetimeDays: 2 })).status).toBe(202);
  });

  test('attaches the same request to the run in progress, and refuses another with its id', async () => {
    const first = await post(BODY);
    const spelledOut = { ...BODY, repositories: { 'hello-world': ['content/read'] }, recheck: false };
    expect((await post(spelledOut)).body).toEqual(first.body);
    const { status, headers, body } = await post({ ...BODY, image: 'hello-world:2' });
    expect([status, body['code'], body['running']]).toEqual([409, 'another-run', first.body['id']]);
    expect(headers).toMatchObject({
      location: first.headers?.['location'],
      'content-type': 'application/problem+json',
    });
  });

  test('starts one run for twenty equal concurrent requests, and returns it to all', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(BODY)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${String(body['id'])}`)).size).toBe(1);
  });

  test('reports that a start cannot be confirmed', async () => {
    engine.onStart = () => undefined;
    expect(await post(BODY)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: { code: 'engine-slow' },
    });
  });

  test.each<[string, unknown, string]>([
    ['no JSON', '{', 'body'],
    ['a list', [], 'body'],
    ['a field that is missing', { ...BODY, client: undefined }, 'client'],
    ['a field that is unknown', { ...BODY, password: 'x' }, 'password'],
    ['a registry that is not configured', { ...BODY, registry: 'otherregistry' }, 'registry'],
  ])('refuses %s with the field, and starts nothing', async (_, given, field) => {
    const { status, body } = await post(given);
    expect([status, body['code']]).toEqual([400, 'invalid-request']);
    expect(body['errors']).toMatchObject([{ field }]);
    expect(engine.starts).toBe(0);
  });

  test('refuses a body beyond 256 KB', async () => {
    expect(await post({ ...BODY, image: 'x'.repeat(256 * 1024) })).toMatchObject({ status: 413 });
  });

  test('accepts the registry in any case', async () => {
    expect((await post({ ...BODY, registry: 'MYREGISTRY' })).status).toBe(202);
  });
});

describe('a dry run', () => {
  test('returns problems, writes and adopts, and neither writes nor starts', async () => {
    const { status, body } = await post({ ...BODY, dryRun: true });
    expect([status, Object.keys(body).sort()]).toEqual([200, ['adopts', 'problems', 'vaults', 'writes']]);
    expect([engine.starts, world.wire.writes]).toEqual([0, []]);
  });

  test('is answered also during a run', async () => {
    engine.instances.set(INSTANCE, { name: ONBOARD, input: onboardingRun(), runtimeStatus: 'Running' });
    expect((await post({ ...BODY, dryRun: true })).status).toBe(200);
  });

  test.each([
    ['throttled', 503, { 'retry-after': '17' }],
    ['forbidden', 502, {}],
  ] as const)('says when Azure is %s', async (kind, status, headers) => {
    world.wire.fail('listTokens', { when: 'before', kind, ...(kind === 'throttled' ? { retryAfterSeconds: 17 } : {}) });
    expect(await post({ ...BODY, dryRun: true })).toMatchObject({ status, headers, body: { code: 'service-error' } });
  });
});

describe('another client whose name differs only in case', () => {
  const other = { ...onboarding(), client: onboarding().client.toUpperCase() };
  const expiresOn = '2026-06-01T00:00:00.000Z';
  const tags = formatTags({
    ...other,
    slot: 'password1',
    expiresOn,
    issued: { run: 'r', attempt: 1, slotCreatedAt: '2026-03-01T11:00:00.000Z' },
    made: { scopeMap: false, token: true },
  });
  const named = { code: 'names-differ-in-case', message: expect.stringContaining(other.client) as unknown };
  beforeEach(async () => {
    await world.vault.store(mainSecretName(other), '{}', { expiresOn, tags });
  });

  test('is reported by the dry run and by the answer to the start, which continues', async () => {
    expect((await post({ ...BODY, dryRun: true })).body['warnings']).toMatchObject([named]);
    const { status, body } = await post(BODY);
    expect([status, body]).toMatchObject([202, { status: 'running', warnings: [named] }]);
    expect(engine.starts).toBe(1);
  });

  test('is reported as unknown if the vault cannot be listed, and the run still starts', async () => {
    world.wire.fail('page', { when: 'before', kind: 'forbidden', times: 20 });
    const unknown = [{ code: 'names-not-compared' }];
    expect((await post({ ...BODY, dryRun: true })).body['warnings']).toMatchObject(unknown);
    expect((await post(BODY)).body['warnings']).toMatchObject(unknown);
  });

  test('is reported as unknown if listing a large vault takes longer than a caller waits', async () => {
    world.vault.page = () => new Promise(() => undefined);
    expect((await post(BODY)).body['warnings']).toMatchObject([{ code: 'names-not-compared' }]);
    expect(engine.starts).toBe(1);
  });
});
