import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { defaultTokenName } from '@connected-registry/protocol/names/names';
import type { DeviceAccess } from '../../../../src/domain/enrolment/enrolment.js';
import { addFleet, ONBOARDED, referenceOf } from '../../fakes/clients/onboardedFleet.js';
import { CONNECTED_REGISTRY } from '../../fakes/answers/requests.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const DAY = 86_400_000;
const NOW = new Date(ONBOARDED.getTime() + 10 * DAY);
const LONG_AGO = new Date(NOW.getTime() - 8 * DAY).toISOString();
const LATELY = new Date(NOW.getTime() - DAY).toISOString();

let world: World;
let records: Map<string, DeviceAccess>;
beforeEach(async () => {
  vi.useFakeTimers({ now: NOW });
  world = createWorld();
  await addFleet(world, 4);
  records = new Map(
    [undefined, LATELY, LONG_AGO, LONG_AGO].map((lastContactAt, nth): [string, DeviceAccess] => {
      const keys = {
        signing: { kty: 'OKP', crv: 'Ed25519', x: 's'.repeat(43) },
        sealing: { kty: 'OKP', crv: 'X25519', x: 'e'.repeat(43) },
      } as const;
      const at = ONBOARDED.toISOString();
      const joined = { keys, thumbprint: 'a-thumbprint', token: 'a-hash', joinedAt: at, keysSince: at };
      return [clientKey(referenceOf(nth)), lastContactAt === undefined ? {} : { joined: { ...joined, lastContactAt } }];
    }),
  );
  // The last one has another difference, too.
  const others = world.controlPlane.clientsOf(CONNECTED_REGISTRY);
  world.controlPlane.change(CONNECTED_REGISTRY, {
    clientTokens: others.filter((name) => name !== defaultTokenName(referenceOf(3))),
  });
});
afterEach(() => vi.useRealTimers());

const runs = { running: async () => undefined, record: async (key: string) => records.get(key) ?? {} };
const SILENCE = { code: 'device-silent', expected: 'contact within 7 days', found: LONG_AGO };

describe('a check', () => {
  test('of all clients reports devices that have joined and were not heard of for long', async () => {
    const outcome = await world.activities.checkPage({ run: 'a-run', room: 100 }, runs);
    if (outcome.kind !== 'done') throw new Error(outcome.kind);
    const { counts, findings } = outcome.value;
    expect(counts).toEqual({ ok: 2, silent: 1, unbound: 1 });
    expect(findings).toMatchObject([
      { ...referenceOf(2), state: 'silent', differences: [SILENCE] },
      { ...referenceOf(3), state: 'unbound', differences: [{ code: 'binding-missing' }, SILENCE] },
    ]);
    expect(findings[0]?.fix).toContain('POST /api/enrolments');
  });

  test('of some clients does so, too', async () => {
    const clients = [referenceOf(1), referenceOf(2)];
    const outcome = await world.activities.checkClients({ clients }, runs);
    if (outcome.kind !== 'done') throw new Error(outcome.kind);
    expect(outcome.value.findings.map(({ state }) => state)).toEqual(['ok', 'silent']);
  });

  test('reports a poller that was not heard of for long', async () => {
    const current = { objectId: 'a-gateway', since: LONG_AGO, client: referenceOf(0) };
    const record = async () => ({ polling: { decidedAt: LONG_AGO, current } });
    const outcome = await world.activities.checkClients({ clients: [referenceOf(0)] }, { ...runs, record });
    if (outcome.kind !== 'done') throw new Error(outcome.kind);
    expect(outcome.value.findings).toMatchObject([{ state: 'silent', differences: [SILENCE] }]);
    expect(outcome.value.findings[0]?.fix).toContain('PUT /api/clients/{key}/poller');
  });

  test('takes the time after which a device is silent from the settings', async () => {
    const patient = createWorld({ SILENT_AFTER_DAYS: '9' });
    await addFleet(patient, 4);
    const outcome = await patient.activities.checkPage({ run: 'a-run', room: 100 }, runs);
    expect(outcome).toMatchObject({ kind: 'done', value: { counts: { ok: 4 }, findings: [] } });
  });
});
