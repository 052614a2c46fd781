import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { ROTATE } from '../../../../src/domain/operations/run.js';
import { START_WHEN_FREE, waitingInstance } from '../../../../src/domain/operations/waitingRun.js';
import { FakeDurableClient, seen } from '../../fakes/durable/durableClient.js';
import { BODY, CONNECTED_REGISTRY, onboarding } from '../../fakes/answers/requests.js';
import { acknowledge, acknowledgement, rotations, schedule } from '../../fakes/answers/rotationAnswers.js';
import { onboarded, rotationRun } from '../../fakes/worlds/rotateWorld.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const INSTANCE = clientKey(onboarding());
const { connectedRegistry, client } = BODY;
const clients = [{ connectedRegistry, client }];

beforeEach(() => vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') }));
afterEach(() => vi.useRealTimers());

function rotating(): FakeDurableClient {
  const engine = new FakeDurableClient();
  engine.instances.set(INSTANCE, { name: ROTATE, input: rotationRun(), runtimeStatus: 'Running' });
  return engine;
}

describe('POST /api/rotations', () => {
  test('starts a run for each client', async () => {
    const engine = new FakeDurableClient();
    const other = { connectedRegistry, client: 'sensor-8' };
    for (const key of [INSTANCE, clientKey(onboarding(other))])
      engine.entities.set(`@client@${key}`, { knownSince: '2026-01-01T00:00:00.000Z' });
    const { status, body } = await rotations({ clients: [...clients, other] }, createWorld(), engine);
    expect([status, [...engine.instances.values()].map(({ name }) => name)]).toEqual([202, [ROTATE, ROTATE]]);
    expect(body['operations']).toMatchObject([{ client, status: 'running' }, { client: 'sensor-8' }]);
  });

  test.each([{}, { urgent: true }])('starts nothing for an unknown client (%j)', async (more) => {
    const engine = new FakeDurableClient();
    const { body } = await rotations({ clients, ...more }, createWorld(), engine);
    expect(body['operations']).toMatchObject([{ client, problem: { status: 404, code: 'client-unknown', near: [] } }]);
    const dry = await rotations({ clients, ...more, dryRun: true }, createWorld(), engine);
    expect(dry.body).toMatchObject({ problems: [{ code: 'client-unknown' }], plans: [{ client, writes: [] }] });
    expect(engine.starts).toBe(0);
  });

  test('attaches to an equal rotation, and names the run that blocks another', async () => {
    const equal = await rotations({ clients }, createWorld(), rotating());
    expect(equal.body['operations']).toMatchObject([{ status: 'running' }]);
    const engine = rotating();
    engine.instances.set(INSTANCE, { name: 'onboard', input: rotationRun(), runtimeStatus: 'Running' });
    const { body } = await rotations({ clients }, createWorld(), engine);
    expect(body['operations']).toMatchObject([{ client, problem: { status: 409, code: 'another-run' } }]);
  });

  test('makes an urgent rotation wait for the end of the normal one that it pre-empts', async () => {
    const engine = rotating();
    const { body } = await rotations({ clients, urgent: true }, createWorld(), engine);
    expect(body['operations']).toMatchObject([{ client, status: 'running' }]);
    const waiting = engine.instances.get(waitingInstance(ROTATE, INSTANCE));
    expect(waiting).toMatchObject({ name: START_WHEN_FREE, input: { kind: ROTATE, preempts: true } });
  });

  test('plans in a dry run, with the outage of an urgent rotation', async () => {
    const world = createWorld();
    await onboarded(world);
    const plain = await rotations({ clients, dryRun: true }, world);
    expect(plain.body['plans']).toMatchObject([
      { client, problems: [], writes: [{ action: 'generate password2' }, {}, {}, {}, {}] },
    ]);
    expect(plain.body).toMatchObject({ problems: [], adopts: [] });
    expect(plain.body['writes']).toMatchObject([{ action: 'generate password2', client }, {}, {}, {}, {}]);
    expect(JSON.stringify(plain.body)).not.toContain('outage');
    const urgent = await rotations({ clients, urgent: true, dryRun: true }, world);
    expect(urgent.body['plans']).toMatchObject([
      {
        writes: [{ action: 'generate password1, replacing the password in use' }, {}, {}, {}],
        outage: expect.stringContaining(CONNECTED_REGISTRY),
      },
    ]);
    expect(world.wire.writes).toEqual([]);
  });

  test('names invalid fields with their client', async () => {
    const { status, body } = await rotations({ clients: [{ connectedRegistry, client: '' }], urgent: 'yes' });
    expect(status).toBe(400);
    expect(body['errors']).toMatchObject([{ field: 'clients.0.client' }, { field: 'urgent' }]);
  });
});

const PASSWORD = 'jR9kQz71LmX2vB5nT8cW4yH6pD3sF0gA';
seenSecrets.remember(PASSWORD);

describe('POST /api/promotions/{operation}', () => {
  test('records at the client which version its device uses', async () => {
    const engine = new FakeDurableClient();
    expect(seen(await acknowledge(engine, acknowledgement()))).toMatchObject({ status: 202 });
    expect(engine.signals).toMatchObject([
      { entity: `@client@${INSTANCE}`, operation: 'acknowledge', input: { version: 'v2', by: { actor: 'device' } } },
    ]);
  });

  test('answers a repeated one without recording it again', async () => {
    const engine = new FakeDurableClient();
    engine.entities.set(`@client@${INSTANCE}`, { acknowledged: 'v2' });
    expect(seen(await acknowledge(engine, acknowledgement()))).toMatchObject({ status: 200 });
    expect(engine.signals).toEqual([]);
  });

  test('answers one that is sent again after a later one without recording it', async () => {
    const engine = new FakeDurableClient();
    engine.entities.set(`@client@${INSTANCE}`, { acknowledged: 'v3', acknowledgedBy: 'zzzzzzzzzzzzzzzz' });
    expect(seen(await acknowledge(engine, acknowledgement()))).toMatchObject({ status: 200 });
    expect(engine.signals).toEqual([]);
  });

  test.each([
    ['another operation', 401, `${INSTANCE}.run0000000000002`, acknowledgement()],
    ['another expiry', 401, undefined, acknowledgement({ expiresAt: '2027-01-01T00:00:00.000Z' })],
    ['no expiry', 400, undefined, { version: 'v2', agent: 'agent/1' }],
    ['a version that is a password', 400, undefined, acknowledgement({ version: 'Ab3+dEf/GhIj' })],
    ['a version that is a password without signs', 400, undefined, acknowledgement({ version: PASSWORD })],
    ['no JSON', 400, undefined, '{'],
    ['too many bytes', 413, undefined, acknowledgement({ agent: 'x'.repeat(5000) })],
  ])('refuses a key with %s before it reads anything', async (_, status, operation, body) => {
    const engine = new FakeDurableClient();
    expect(seen(await acknowledge(engine, body, operation))).toMatchObject({ status });
    expect([engine.reads, engine.signals]).toEqual([0, []]);
  });
});

describe('GET /api/rotations/schedule', () => {
  const unknownSyncFacts = async (change: (world: World) => void) => {
    const world = createWorld();
    await onboarded(world);
    // The earlier read of the connected registry is too old to be reused.
    vi.setSystemTime(new Date('2026-03-01T13:00:00Z'));
    world.controlPlane.change(CONNECTED_REGISTRY, { lastSyncTime: '2026-03-01T12:59:00.000Z' });
    change(world);
    const { body } = await schedule('', world);
    return (body['clients'] as { readonly unknown?: readonly string[] }[])[0]?.unknown;
  };

  test('marks no client if all sync facts are known', async () => {
    expect(await unknownSyncFacts(() => undefined)).toBeUndefined();
  });

  test.each<[string, (world: World) => void, string[]]>([
    [
      'signs in with a managed identity',
      ({ controlPlane }) => {
        const found = controlPlane.connectedRegistries.get(CONNECTED_REGISTRY);
        if (!found) throw new Error('there is one');
        const { syncToken: _, ...rest } = found;
        controlPlane.connectedRegistries.set(CONNECTED_REGISTRY, rest);
      },
      ['syncToken'],
    ],
    [
      'has a schedule that cannot be read',
      ({ controlPlane }) => controlPlane.change(CONNECTED_REGISTRY, { schedule: '0 2 L * *' }),
      ['schedule'],
    ],
    [
      'does not say when it synced last',
      ({ controlPlane }) => {
        const found = controlPlane.connectedRegistries.get(CONNECTED_REGISTRY);
        if (!found) throw new Error('there is one');
        const { lastSyncTime: _, ...rest } = found;
        controlPlane.connectedRegistries.set(CONNECTED_REGISTRY, rest);
      },
      ['lastSync'],
    ],
    [
      'is gone',
      ({ controlPlane }) => void controlPlane.connectedRegistries.delete(CONNECTED_REGISTRY),
      ['connectedRegistry'],
    ],
  ])('marks a client whose connected registry %s', async (_, change, unknown) => {
    expect(await unknownSyncFacts(change)).toEqual(unknown);
  });
});
