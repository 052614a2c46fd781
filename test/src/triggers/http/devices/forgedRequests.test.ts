import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { devicePass } from '../../../../../src/domain/enrolment/serverPasses.js';
import { LongPolls } from '../../../../../src/triggers/http/requests/longPolls.js';
import { SignedRequests } from '../../../../../src/triggers/http/requests/signedRequest.js';
import { getDeviceMessages } from '../../../../../src/triggers/http/routes/deviceMessages.js';
import { getDeviceSecrets } from '../../../../../src/triggers/http/routes/deviceSecrets.js';
import { deviceRequest, type DeviceRequestParts } from '../../../fakes/devices/deviceRequest.js';
import { enemyOf, FORGERIES, forgery, type Enemy } from '../../../fakes/devices/forgeries.js';
import { FakeDurableClient, seen } from '../../../fakes/durable/durableClient.js';
import { config, CONNECTED_REGISTRY } from '../../../fakes/answers/requests.js';
import { createWorld } from '../../../fakes/worlds/world.js';

const NOW = new Date('2026-03-01T12:00:00.000Z');
const CASES = 10_000;
const SECONDS = 1000;
const reference = { registry: 'myregistry', connectedRegistry: CONNECTED_REGISTRY, client: 'sensor-7' };
const keys = config().reportKeys;
const elsewhere = config({ REPORT_KEYS: `k1:${Buffer.alloc(32, 8).toString('base64url')}` }).reportKeys;

let enemy: Enemy;
beforeAll(async () => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  enemy = await enemyOf(keys, elsewhere, reference);
});
afterAll(() => vi.useRealTimers());

let engine: FakeDurableClient;
let world: ReturnType<typeof createWorld>;
let send: (parts: DeviceRequestParts) => Promise<ReturnType<typeof seen>>;
beforeEach(() => {
  engine = new FakeDurableClient();
  world = createWorld();
  for (const [device, name] of [
    [enemy.victim, 'sensor-7'],
    [enemy.own, 'sensor-8'],
  ] as const) {
    const access = { signing: device.keys.signingKey, sealing: device.keys.sealingKey };
    const at = NOW.toISOString();
    const joined = { keys: access, thumbprint: device.thumbprint, joinedAt: at, keysSince: at, lastContactAt: at };
    engine.entities.set(`@client@${clientKey({ ...reference, client: name })}`, { joined });
  }
  const requests = new SignedRequests(keys);
  const messages = getDeviceMessages(keys, requests, new LongPolls(10));
  const secrets = getDeviceSecrets(world.config, requests, world.ports.sealed);
  send = async (parts) => {
    const handler = parts.path.includes('secrets') ? secrets : messages;
    return seen(await handler(deviceRequest(parts), engine.client));
  };
});
const touched = () => ({ reads: engine.reads, signals: engine.signals.length, calls: world.wire.calls.length });
const UNTOUCHED = { reads: 0, signals: 0, calls: 0 };

describe('forged requests of devices', () => {
  test(`none of ${CASES} is let in, and none reads storage`, { timeout: 300 * SECONDS }, async () => {
    const tried = new Set<string>();
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(forgery, async ({ kind, line, ...details }) => {
        tried.add(kind);
        sent += 1;
        // A device may send a request a second, so no limit hides what is behind it.
        const now = new Date(NOW.getTime() + sent * SECONDS);
        vi.setSystemTime(now);
        const parts = await FORGERIES[kind]?.(enemy, line, details, now);
        if (!parts) throw new Error(`${kind} is no forgery.`);
        const { status, headers, body } = await send(parts);
        expect([status, body['code'], body['now']]).toEqual([401, 'device-signature', now.toISOString()]);
        expect(headers).toMatchObject({ 'www-authenticate': 'Device' });
        expect(touched()).toEqual(UNTOUCHED);
      }),
      { numRuns: CASES },
    );
    vi.setSystemTime(NOW);
    expect([...tried].sort()).toEqual(Object.keys(FORGERIES).sort());
  });

  test('the same requests are let in if nothing is forged', async () => {
    for (const path of ['/api/devices/messages?wait=0', '/api/devices/secrets?name=a-secret']) {
      const line = { method: 'GET', path };
      const authorization = await enemy.victim.sign(line, enemy.passes.victim, NOW);
      const { status, body } = await send({ ...line, authorization });
      expect([status, body['code']]).toEqual(path.includes('secrets') ? [404, 'secret-missing'] : [204, undefined]);
    }
  });

  test('a request that was seen on its way is let in once, at whatever time it is repeated', async () => {
    const line = { method: 'GET', path: '/api/devices/messages?wait=0' };
    const authorization = await enemy.victim.sign(line, enemy.passes.victim, NOW);
    expect((await send({ ...line, authorization })).status).toBe(204);
    const before = touched();
    for (let second = 0; second < 700; second += 7) {
      vi.setSystemTime(new Date(NOW.getTime() + second * SECONDS));
      expect((await send({ ...line, authorization })).status).toBe(401);
    }
    vi.setSystemTime(NOW);
    expect(touched()).toEqual(before);
  });

  test('a device with a key of its own gets only what is its own', async () => {
    for (const name of [clientKey(reference), `${clientKey(reference)}-candidate`]) {
      const line = { method: 'GET', path: `/api/devices/secrets?name=${name}` };
      const authorization = await enemy.own.sign(line, enemy.passes.own, NOW);
      expect(await send({ ...line, authorization })).toMatchObject({ status: 404, body: { code: 'secret-missing' } });
    }
    expect(touched()).toEqual(UNTOUCHED);
  });

  test('a pass for a key that the record does not have reads the record only', async () => {
    const pass = devicePass(keys, { client: reference, thumbprint: enemy.own.thumbprint });
    const line = { method: 'GET', path: `/api/devices/secrets?name=${clientKey(reference)}` };
    const authorization = await enemy.own.sign(line, pass, NOW);
    expect(await send({ ...line, authorization })).toMatchObject({ status: 403, body: { code: 'device-key-ended' } });
    expect(touched()).toEqual({ ...UNTOUCHED, reads: 1 });
  });
});
