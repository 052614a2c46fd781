import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { CLOCK_WINDOW } from '@connected-registry/protocol/enrolment/signedRequests';
import { sealedSecret } from '@connected-registry/protocol/enrolment/messages';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import { formatTags } from '@connected-registry/protocol/names/secretTags';
import { channelKeyOf, devicePass } from '../../../../../src/domain/enrolment/serverPasses.js';
import { SignedRequests } from '../../../../../src/triggers/http/requests/signedRequest.js';
import { getDeviceSecrets } from '../../../../../src/triggers/http/routes/deviceSecrets.js';
import { openedAnswer } from '../../../../shared/openedAnswers.js';
import { signingDevice, type SigningDevice } from '../../../../shared/signingDevice.js';
import { deviceRequest } from '../../../fakes/devices/deviceRequest.js';
import { FakeDurableClient, seen } from '../../../fakes/durable/durableClient.js';
import { config, CONNECTED_REGISTRY } from '../../../fakes/answers/requests.js';
import { createWorld, type World } from '../../../fakes/worlds/world.js';

const NOW = new Date('2026-03-01T12:04:00.000Z');
const { reportKeys: keys } = config();
const reference = { registry: 'myregistry', connectedRegistry: CONNECTED_REGISTRY, client: 'sensor-7' };
const RECORD = `@client@${clientKey(reference)}`;
const MAIN = mainSecretName(reference);
const CANDIDATE = candidateSecretName(reference);
const expiresOn = '2030-01-01T00:00:00.000Z';
const tagsOf = (client: string) =>
  formatTags({
    ...reference,
    client,
    token: 'a-token',
    scopeMap: 'a-map',
    slot: 'password1',
    expiresOn,
    issued: { run: 'run0000000000001', attempt: 1, slotCreatedAt: '2026-03-01T12:00:00.000Z' },
    made: { scopeMap: false, token: true },
  });

let device: SigningDevice;
let pass: string;
beforeAll(async () => {
  device = await signingDevice('ES256');
  pass = devicePass(keys, { client: reference, thumbprint: device.thumbprint });
});
let engine: FakeDurableClient;
let world: World;
let handler: ReturnType<typeof getDeviceSecrets>;
beforeEach(async () => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  engine = new FakeDurableClient();
  world = createWorld();
  handler = getDeviceSecrets(world.config, new SignedRequests(keys), world.ports.sealed);
  join(device);
  for (const name of [MAIN, CANDIDATE]) await store(name, `value of ${name}`);
});
afterEach(() => vi.useRealTimers());

function join({ thumbprint, keys: { signingKey: signing, sealingKey: sealing } }: SigningDevice) {
  const at = NOW.toISOString();
  const joined = { keys: { signing, sealing }, thumbprint, joinedAt: at, keysSince: at };
  engine.entities.set(RECORD, { joined });
}
const store = (name: string, value: string, client = 'sensor-7') =>
  world.vault.store(name, value, { expiresOn, tags: tagsOf(client) });
const sealedReads = () => world.wire.count('seal');
/** The signature of the last request. */
let authorization: string;
/** Opens an answer to the last request as the device does. */
const opened = (body: unknown) =>
  openedAnswer(body, 'secret', authorization, { device, channelKey: channelKeyOf(keys, pass) });
async function get(query: string) {
  const line = { method: 'GET', path: `/api/devices/secrets?${query}` };
  authorization = await device.sign(line, pass, NOW);
  return seen(await handler(deviceRequest({ ...line, authorization }), engine.client));
}
const problemOf = async (query: string) => {
  const { status, body } = await get(query);
  return [status, body['code']];
};

describe('a joined device that asks for a secret', () => {
  test.each([MAIN, CANDIDATE])('gets %s sealed to its key, and no cache keeps it', async (name) => {
    const { status, headers, body } = await get(`name=${name}`);
    expect([status, headers]).toEqual([200, { 'cache-control': 'no-store' }]);
    expect(Object.keys(body)).toEqual(['sealed']);
    const secret = sealedSecret.parse(await opened(body));
    expect(secret).toMatchObject({ name, value: `value of ${name}` });
  });

  test('gets the version that it asks for', async () => {
    const [first] = world.vault.secrets.get(MAIN)?.versions ?? [];
    await store(MAIN, 'a later value');
    const { body } = await get(`name=${MAIN}&version=${first?.version}`);
    const secret = sealedSecret.parse(await opened(body));
    expect(secret).toMatchObject({ version: first?.version, value: `value of ${MAIN}` });
  });

  test('is refused another name without a look at record or vault', async () => {
    const other = mainSecretName({ ...reference, client: 'sensor-8' });
    for (const name of [other, MAIN.toUpperCase(), `${MAIN}-old`, 'x'])
      expect(await problemOf(`name=${name}`)).toEqual([404, 'secret-missing']);
    expect([engine.reads, sealedReads()]).toEqual([0, 0]);
  });

  test.each(['name=', 'version=v1', `name=${MAIN}&version=../v1`, `name=${MAIN}&more=1`, `name=${'x'.repeat(200)}`])(
    'is refused the query %s',
    async (query) => {
      expect(await problemOf(query)).toEqual([400, 'invalid-request']);
      expect(sealedReads()).toBe(0);
    },
  );

  test('is told that a version is missing, disabled or of another client', async () => {
    expect(await problemOf(`name=${MAIN}&version=v99`)).toEqual([404, 'secret-missing']);
    const { version } = await store(MAIN, 'of another', 'sensor-8');
    expect(await problemOf(`name=${MAIN}&version=${version}`)).toEqual([404, 'secret-missing']);
    const disabled = await store(MAIN, 'disabled');
    await world.vault.disable(disabled);
    expect(await problemOf(`name=${MAIN}`)).toEqual([404, 'secret-missing']);
  });

  test('whose request is copied to another instance: the copy gets the same secret, which only the device can open', async () => {
    const line = { method: 'GET', path: `/api/devices/secrets?name=${MAIN}` };
    const first = await get(`name=${MAIN}`);
    const copy = async () => {
      const other = getDeviceSecrets(world.config, new SignedRequests(keys), world.ports.sealed);
      return seen(await other(deviceRequest({ ...line, authorization }), engine.client));
    };
    const before = structuredClone([[...engine.entities], world.wire.writes]);
    const { status, body } = await copy();
    expect([status, Object.keys(body), await opened(body)]).toEqual([200, ['sealed'], await opened(first.body)]);
    const thief = { device: await signingDevice('ES256'), channelKey: channelKeyOf(keys, pass) };
    await expect(openedAnswer(body, 'secret', authorization, thief)).rejects.toThrow();
    expect([[...engine.entities], world.wire.writes]).toEqual(before);

    vi.setSystemTime(NOW.getTime() + (CLOCK_WINDOW + 1) * 1000);
    const late = await copy();
    expect([late.status, late.body['code']]).toEqual([401, 'device-signature']);
  });

  test('is refused once its key has ended, without a look at the vault', async () => {
    engine.entities.set(RECORD, { revokedAt: NOW.toISOString() });
    expect(await problemOf(`name=${MAIN}`)).toEqual([403, 'device-key-ended']);
    expect(sealedReads()).toBe(0);
  });

  test.each<['throttled' | 'forbidden', number, string | undefined]>([
    ['throttled', 503, '5'],
    ['forbidden', 502, undefined],
  ])('is told when to come again if the vault is %s', async (kind, status, after) => {
    world.wire.fail('seal', { when: 'before', kind });
    const answer = await get(`name=${MAIN}`);
    expect([answer.status, answer.body['code'], answer.headers?.['retry-after']]).toEqual([
      status,
      'service-error',
      after,
    ]);
  });

  test('gets at most thirty a minute', async () => {
    const statuses: (number | undefined)[] = [];
    for (let nth = 0; nth < 31; nth += 1) statuses.push((await get(`name=${MAIN}`)).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(30);
    expect(statuses.at(-1)).toBe(429);
    expect(sealedReads()).toBe(30);
  });

  test.each([
    ['revoked', { revokedAt: NOW.toISOString() }],
    ['replaced', { joined: { thumbprint: 'another' } }],
  ])('is refused if its key was %s while the vault was asked', async (_, record) => {
    const seal = world.ports.sealed.seal.bind(world.ports.sealed);
    handler = getDeviceSecrets(world.config, new SignedRequests(keys), {
      seal: async (...asked) => {
        const sealed = await seal(...asked);
        engine.entities.set(RECORD, record);
        return sealed;
      },
    });
    expect(await problemOf(`name=${MAIN}`)).toEqual([403, 'device-key-ended']);
  });

  test('has no more of them with a renewed key, and an ended key takes none of them', async () => {
    const statusesOf = async (times: number) => {
      const statuses: (number | undefined)[] = [];
      for (let nth = 0; nth < times; nth += 1) statuses.push((await get(`name=${MAIN}`)).status);
      return statuses.filter((status) => status === 200).length;
    };
    expect(await statusesOf(20)).toBe(20);
    const renewed = await signingDevice('ES256');
    join(renewed);
    expect(await statusesOf(20)).toBe(0);
    const [old, oldPass] = [device, pass];
    device = renewed;
    pass = devicePass(keys, { client: reference, thumbprint: renewed.thumbprint });
    try {
      expect(await statusesOf(20)).toBe(10);
    } finally {
      [device, pass] = [old, oldPass];
    }
  });

  test('has its contact noted', async () => {
    await get(`name=${MAIN}`);
    expect(engine.signals).toMatchObject([{ entity: RECORD, operation: 'noteContact' }]);
  });
});
