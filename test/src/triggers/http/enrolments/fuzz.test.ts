import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { signingDevice, type SigningDevice } from '../../../../shared/signingDevice.js';
import { CONNECTED_REGISTRY } from '../../../fakes/answers/requests.js';
import { deviceRequest } from '../../../fakes/devices/deviceRequest.js';
import { EnrolmentWorld } from '../../../fakes/enrolment/enrolmentWorld.js';

let device: SigningDevice;
beforeAll(async () => {
  device = await signingDevice('EdDSA');
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00.000Z') });
});
afterAll(() => vi.useRealTimers());

/** Values that come near what the fields may hold. */
const near = fc.oneof(
  fc.anything({ maxDepth: 1 }),
  fc.constantFrom(
    'sensor-7',
    CONNECTED_REGISTRY,
    'myregistry',
    24,
    168,
    ['192.0.2.1'],
    ['10.0.0.0/8', '::/0'],
    null,
    '__proto__',
  ),
);
const name = fc.constantFrom('registry', 'connectedRegistry', 'client', 'lifetimeHours', 'addresses', '__proto__', 'x');
const row = fc
  .dictionary(name, near, { maxKeys: 4 })
  .chain((some) => fc.constantFrom(some, { ...some, connectedRegistry: CONNECTED_REGISTRY, client: 'sensor-7' }));
const body = fc.oneof(row, fc.record({ clients: fc.array(row, { maxLength: 4 }) }), fc.anything());

describe('whatever an operator sends', () => {
  test('is refused without a signal, or each client gets a token', async () => {
    const seen = new Set<number | undefined>();
    await fc.assert(
      fc.asyncProperty(body, async (given) => {
        const world = new EnrolmentWorld();
        const { status, body: answer } = await world.issue(JSON.stringify(given) ?? '');
        seen.add(status);
        const parts = (answer['enrolments'] ?? []) as { joinToken?: string }[];
        const tokens = parts.filter(({ joinToken }) => joinToken?.startsWith('crjoin1.'));
        expect([status === 201, tokens.length, parts.length]).toEqual([
          tokens.length > 0,
          world.engine.signals.length,
          world.engine.signals.length,
        ]);
      }),
      { numRuns: 500 },
    );
    expect([...seen]).toEqual(expect.arrayContaining([201, 400]));
  });
});

describe('whatever a device sends as its keys', () => {
  const keyOf = (value: fc.Arbitrary<unknown>) =>
    fc.dictionary(fc.constantFrom('kty', 'crv', 'x', 'y', 'd', 'k', '__proto__'), value, { maxKeys: 5 });
  const member = fc.oneof(
    fc.constantFrom('OKP', 'EC', 'oct', 'P-256', 'X25519', 'Ed25519', 'A'.repeat(43), 'private-part'),
    fc.anything({ maxDepth: 1 }),
  );
  const keys = fc.oneof(
    fc.record({ signingKey: keyOf(member), sealingKey: keyOf(member) }, { requiredKeys: [] }),
    keyOf(member).map((sealingKey) => ({ ...device.keys, sealingKey })),
    fc.anything(),
  );

  test('lets nobody in unless it is a key', async () => {
    const world = new EnrolmentWorld();
    let nth = 0;
    await fc.assert(
      fc.asyncProperty(keys, async (given) => {
        nth += 1;
        vi.setSystemTime(Date.now() + 2000);
        const token = await world.token();
        const answer = await world.redeem(device, token, '192.0.2.1', given ?? null);
        expect(answer.status).toBe(400);
        expect(JSON.stringify([answer, world.lines.splice(0)])).not.toContain('private-part');
      }),
      { numRuns: 300 },
    );
    expect(nth).toBeGreaterThan(0);
    expect(world.engine.record().joined).toBeUndefined();
  });
});

describe('a request without a signature of a device', () => {
  const authorization = fc.oneof(
    fc.constant(undefined),
    fc.stringMatching(/^Device [A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}$/),
    fc.stringMatching(/^[ -~]{0,80}$/),
  );

  test.each(['redeem', 'renew'] as const)('costs neither a read nor a byte of its body (%s)', async (route) => {
    const world = new EnrolmentWorld();
    await fc.assert(
      fc.asyncProperty(authorization, async (given) => {
        const path = route === 'redeem' ? '/api/enrolments/redeem' : '/api/devices/keys';
        const request = deviceRequest({
          method: 'POST',
          path,
          ...(given === undefined ? {} : { authorization: given }),
        });
        let reads = 0;
        Object.defineProperty(request, 'body', { get: () => (reads += 1) });
        expect((await world.ask(route, request)).status).toBe(401);
        expect([reads, world.engine.reads]).toEqual([0, 0]);
      }),
      { numRuns: 200 },
    );
  });
});
