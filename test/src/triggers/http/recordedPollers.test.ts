import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { ClientRecord } from '../../../../src/domain/clients/clientRecord.js';
import { ONBOARD } from '../../../../src/domain/operations/run.js';
import { getPendingMessages } from '../../../../src/triggers/http/routes/pendingMessages.js';
import { LongPolls } from '../../../../src/triggers/http/requests/longPolls.js';
import { advance, whileTimePasses } from '../../fakes/advance.js';
import { FakeDurableClient, httpRequest, seen } from '../../fakes/durable/durableClient.js';
import { config, CONNECTED_REGISTRY, onboardingRun } from '../../fakes/answers/requests.js';

const GATEWAY = '6f1c2a34-0000-4000-8000-00000000000a';
const OTHER = '6f1c2a34-0000-4000-8000-00000000000b';
const NOW = '2026-03-01T12:04:00.000Z';
const SINCE = '2026-03-01T11:00:00.000Z';
const of = (client: string): ClientReference => ({
  registry: 'myregistry',
  connectedRegistry: CONNECTED_REGISTRY,
  client,
});
const SENSOR = of('sensor-7');
const PUMP = of('pump-1');

let engine: FakeDurableClient;
let caller: string | undefined;
/** @param pollers of the setting: none by default */
function pollWith(pollers: object = {}) {
  const profile = {
    name: 'asks',
    connectedRegistry: CONNECTED_REGISTRY,
    repositories: ['hello-world'],
    channel: 'poll',
    pollers,
  };
  const settings = config({
    AZURE_TENANT_ID: 'tenant',
    POLL_AUDIENCE: 'api://onboarding',
    PROFILES: JSON.stringify([profile]),
  });
  const handler = getPendingMessages(settings, { identify: async () => caller }, new LongPolls(10));
  return (wait = '0') =>
    handler(httpRequest({ headers: { authorization: 'Bearer x' }, query: { wait } }), engine.client);
}
let poll: ReturnType<typeof pollWith>;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date(NOW) });
  engine = new FakeDurableClient();
  caller = GATEWAY;
  poll = pollWith();
});
afterEach(() => vi.useRealTimers());

const record = (client: ClientReference, objectId?: string, more: ClientRecord = {}) =>
  engine.entities.set(`@client@${clientKey(client)}`, {
    ...more,
    ...(objectId === undefined
      ? {}
      : { polling: { decidedAt: SINCE, current: { objectId, since: SINCE, client }, last: objectId } }),
  });
const index = (objectId: string, ...clients: ClientReference[]) =>
  engine.entities.set(`@poller@${objectId}`, {
    clients: clients.map((client) => ({ client, since: SINCE })),
    removed: [],
  });
const askFor = (client: ClientReference) =>
  engine.instances.set(clientKey(client), {
    name: ONBOARD,
    input: onboardingRun(),
    runtimeStatus: 'Running',
    customStatus: {
      phase: 'pullCheck',
      steps: [],
      pullCheck: {
        attempt: 1,
        expiresAt: '2026-03-01T12:05:00.000Z',
        reports: {},
        request: { secret: { name: 'a', version: 'v1' }, image: 'hello-world:latest' },
      },
    },
  });
const clientsIn = (answer: Awaited<ReturnType<typeof poll>>) => {
  const { status, body } = seen(answer);
  const { messages = [] } = body as { messages?: { data: { client: string } }[] };
  return [status, messages.map(({ data }) => data.client)];
};
const NOBODYS = { status: 403, body: { code: 'not-a-poller' } };

describe('a poller that its clients’ records name', () => {
  beforeEach(() => {
    for (const client of [SENSOR, PUMP]) {
      record(client, GATEWAY);
      askFor(client);
    }
    index(GATEWAY, SENSOR, PUMP);
  });

  test('gets their messages, whatever the settings say', async () => {
    expect(clientsIn(await poll())).toEqual([200, ['sensor-7', 'pump-1']]);
    // Entra shows object ids in lower case; the setting takes any.
    caller = GATEWAY.toUpperCase();
    expect(clientsIn(await poll())).toEqual([200, ['sensor-7', 'pump-1']]);
  });

  test('finds them by one read of the index', async () => {
    const read = vi.spyOn(engine, 'readEntityState');
    await poll();
    expect(read.mock.calls.filter(([{ name }]) => name === 'poller')).toHaveLength(1);
  });

  test('costs no read before its token is verified', async () => {
    caller = undefined;
    expect([(await poll()).status, engine.reads]).toEqual([401, 0]);
  });

  test('gets no message of another identity’s clients', async () => {
    caller = OTHER;
    expect(seen(await poll())).toMatchObject(NOBODYS);
    expect(engine.signals).toEqual([]);
  });

  test.each<[string, (client: ClientReference) => unknown]>([
    ['no poller', (client) => record(client)],
    ['an ended one', (client) => record(client, undefined, { polling: { decidedAt: NOW, last: GATEWAY } })],
    ['another one', (client) => record(client, OTHER)],
    ['nothing at all', (client) => engine.entities.delete(`@client@${clientKey(client)}`)],
  ])('gets nothing for a client whose record names %s, and the record is asked to say so', async (_, end) => {
    end(SENSOR);
    expect(clientsIn(await poll())).toEqual([200, ['pump-1']]);
    const asked = { objectId: GATEWAY, client: SENSOR, since: SINCE };
    expect(engine.signals.filter(({ operation }) => operation === 'confirmPoller')).toMatchObject([
      { entity: `@client@${clientKey(SENSOR)}`, input: asked },
    ]);
    end(PUMP);
    expect(seen(await poll())).toMatchObject(NOBODYS);
  });

  test('gets nothing more by a request that waits while it ends', async () => {
    engine.instances.clear();
    const waiting = poll('5');
    await advance(2000);
    record(SENSOR);
    askFor(SENSOR);
    expect((await whileTimePasses(waiting)).status).toBe(204);
  });

  test('is noted in each record once an hour', async () => {
    await poll();
    const notes = () => engine.signals.filter(({ operation }) => operation === 'notePolled');
    expect(notes()).toMatchObject([
      { entity: `@client@${clientKey(SENSOR)}`, input: { objectId: GATEWAY, at: NOW } },
      { entity: `@client@${clientKey(PUMP)}`, input: { objectId: GATEWAY, at: NOW } },
    ]);
    const heardOf = (lastContactAt: string) => {
      const current = { objectId: GATEWAY, since: SINCE, client: SENSOR, lastContactAt };
      record(SENSOR, undefined, { polling: { decidedAt: SINCE, current } });
    };
    index(GATEWAY, SENSOR);
    heardOf('2026-03-01T11:04:00.001Z');
    await poll();
    expect(notes()).toHaveLength(2);
    heardOf('2026-03-01T11:04:00.000Z');
    await poll();
    expect(notes()).toHaveLength(3);
  });
});

describe('a poller of the setting', () => {
  beforeEach(() => {
    poll = pollWith({ [GATEWAY]: ['sensor-7', 'pump-1'] });
    askFor(SENSOR);
  });

  test('gets the messages of a client whose record names none, and nothing is written', async () => {
    expect(clientsIn(await poll())).toEqual([200, ['sensor-7']]);
    expect(engine.signals).toEqual([]);
  });

  test('gets none of a client whose record names another, who gets them', async () => {
    record(SENSOR, OTHER);
    index(OTHER, SENSOR);
    expect((await poll()).status).toBe(204);
    record(PUMP, OTHER);
    expect(seen(await poll())).toMatchObject(NOBODYS);
    caller = OTHER;
    expect(clientsIn(await poll())).toEqual([200, ['sensor-7']]);
  });

  test('gets none of a client whose device has keys of its own, unless the record names a poller', async () => {
    const joined = { thumbprint: 'a-thumbprint' } as NonNullable<ClientRecord['joined']>;
    record(SENSOR, undefined, { joined });
    expect((await poll()).status).toBe(204);
    record(SENSOR, GATEWAY, { joined });
    expect(clientsIn(await poll())).toEqual([200, ['sensor-7']]);
  });

  test('gets each message once if the record names it, too', async () => {
    record(SENSOR, GATEWAY);
    index(GATEWAY, SENSOR);
    expect(clientsIn(await poll())).toEqual([200, ['sensor-7']]);
  });
});
