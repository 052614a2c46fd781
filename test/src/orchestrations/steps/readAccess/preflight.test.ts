import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { recordFacts } from '../../../../../src/queries/onboarding/recordFacts.js';
import { reference } from '../../../fakes/answers/orders.js';
import { onboarding } from '../../../fakes/answers/requests.js';
import { offboardIn, revokeIn } from '../../../fakes/clients/clients.js';
import {
  AccessWorld,
  DEVICE,
  OTHER,
  VAULT_ID,
  fails,
  identity,
  problemsOf,
} from '../../../fakes/worlds/accessWorld.js';
import { candidate, main } from '../../../fakes/worlds/defaultClient.js';

/* What preflight and checks say about who may read the secrets. */

let it: AccessWorld;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  it = new AccessWorld();
});
afterEach(() => vi.useRealTimers());

describe('preflight', () => {
  test('refuses without the vault’s resource id, and names the setting', async () => {
    it = new AccessWorld({});
    const ended = await it.onboard();
    expect(problemsOf(ended)).toEqual(['device-access-missing']);
    expect(ended.outcome.failure?.problems?.[0]?.fix).toContain('KEY_VAULT_RESOURCE_ID');
    expect(it.world.wire.writes).toEqual([]);
  });

  test('refuses without the role, prints the command that gives it, and looks again at once', async () => {
    it.world.access.isAllowed = false;
    it.world.self.ownId = ['own', OTHER];
    const ended = await it.onboard();
    expect(problemsOf(ended)).toEqual(['device-access-missing']);
    const fix = ended.outcome.failure?.problems?.[0]?.fix;
    expect(fix).toContain('/roleDefinitions/f58310d9-a9f6-439a-9e8d-f62e7b41a168"');
    expect(fix).toContain('"condition":"');
    expect(it.world.wire.writes).toEqual([]);

    it.world.access.isAllowed = true;
    expect((await it.onboard()).outcome.status).toBe('completed');
  });

  test('refuses also if the role was taken away a moment ago', async () => {
    await it.onboard();
    it.world.access.isAllowed = false;
    expect(problemsOf(await it.onboard(identity(OTHER)))).toEqual(['device-access-missing']);
  });

  test('refuses a client for whose two assignments there is no room, and no client that needs none', async () => {
    await it.onboard();
    it.world.access.usage = { limit: 4000, count: 3999 };
    expect((await it.onboard()).outcome.status).toBe('completed');
    vi.setSystemTime(Date.now() + 61_000);
    expect(problemsOf(await it.onboard(identity(OTHER)))).toEqual(['role-assignments-full']);
  });

  test('goes on if the assignments cannot be counted', async () => {
    it.world.access.usage = undefined;
    expect((await it.onboard()).outcome.status).toBe('completed');
  });

  test('lists the writes of a dry run, and what others made', async () => {
    it.addDeployed(main);
    const { writes, adopts } = await it.world.queries.preflight(onboarding(identity()), undefined);
    expect(writes.filter(({ step }) => step === 'grantAccess')).toEqual([
      { step: 'grantAccess', action: `give ${DEVICE} read access to secret`, resource: candidate },
    ]);
    expect(adopts).toContain(`read access of ${DEVICE} to secret ${main}, which others gave`);
  });
});

describe('an identity that an event names', () => {
  const byEvent = (principalId: string) => ({ ...onboarding(identity(principalId)), identityByEvent: true as const });
  const codes = async (principalId: string) => {
    const { record } = it.flows;
    const { problems } = await it.world.queries.preflight(byEvent(principalId), undefined, recordFacts(record));
    return problems.map(({ code }) => code);
  };

  test('is that of a new client, or the one that the client has', async () => {
    expect(await codes(DEVICE)).toEqual([]);
    await it.onboard();
    expect(await codes(DEVICE)).toEqual([]);
    expect(await codes(OTHER)).toEqual(['identity-not-by-event']);
  });

  test('is refused for a client that others let read its secrets, and for a revoked one', async () => {
    await it.onboard({});
    expect(await codes(DEVICE)).toEqual(['identity-not-by-event']);
    await revokeIn(it.flows);
    expect(await codes(DEVICE)).toEqual(['identity-not-by-event']);
  });

  test('is after an offboarding the one that the client had, however often it is offboarded', async () => {
    await it.onboard();
    for (const run of ['the-first', 'the-second']) {
      vi.setSystemTime(Date.now() + 60_000);
      expect((await offboardIn(it.flows, { run, eventAt: new Date().toISOString() })).outcome.status).toBe('completed');
      expect(await codes(OTHER)).toEqual(['identity-not-by-event']);
      expect(await codes(DEVICE)).toEqual([]);
    }

    vi.setSystemTime(Date.now() + 60_000);
    expect((await it.onboard()).outcome.status).toBe('completed');
    expect(await codes(OTHER)).toEqual(['identity-not-by-event']);
  });

  test('is none after the offboarding of a client that an operator had set up without one', async () => {
    // Somebody who sends events named an identity before the operator came.
    await it.onboard(identity(OTHER), fails);
    expect(await codes(OTHER)).toEqual([]);
    vi.setSystemTime(Date.now() + 60_000);
    expect((await it.onboard({})).outcome.status).toBe('completed');
    vi.setSystemTime(Date.now() + 60_000);
    expect((await offboardIn(it.flows)).outcome.status).toBe('completed');
    expect([await codes(OTHER), await codes(DEVICE)]).toEqual([['identity-not-by-event'], ['identity-not-by-event']]);
  });

  test('of a run that failed may be named again, and no other', async () => {
    await it.onboard(identity(), fails);
    expect([await codes(DEVICE), await codes(OTHER)]).toEqual([[], ['identity-not-by-event']]);
  });

  test('is refused for a client whose device was invited or has joined', async () => {
    const at = new Date().toISOString();
    const enrolment = { hash: 'a-hash', issuedAt: at, expiresAt: '2026-03-02T00:00:00.000Z' };
    await it.flows.ask('enrol', { enrolment });
    expect(await codes(DEVICE)).toEqual(['identity-not-by-event']);

    const keys = { sign: 'a-key', seal: 'another-key' };
    await it.flows.ask('redeem', { redemption: { hash: 'a-hash', keys, thumbprint: 'a-thumbprint', at } });
    expect(it.flows.record.joined).toBeDefined();
    expect(await codes(DEVICE)).toEqual(['identity-not-by-event']);
  });
});

describe('a check', () => {
  const check = async () =>
    (await it.world.queries.check.clients([reference()], undefined, { record: async () => it.flows.record }))
      .findings[0];

  test('reports access that is gone or foreign, each with its fix', async () => {
    await it.onboard();
    expect(await check()).toMatchObject({ state: 'ok', differences: [] });

    it.world.access.list.splice(1);
    it.addDeployed(main, OTHER, 'a-name');
    vi.setSystemTime(Date.now() + 10_000);
    expect(await check()).toMatchObject({
      state: 'drifted',
      differences: [
        { code: 'access-missing', expected: DEVICE },
        {
          code: 'access-foreign',
          found: OTHER,
          assignment: `${VAULT_ID}/secrets/${main}/providers/Microsoft.Authorization/roleAssignments/a-name`,
        },
      ],
    });
    const { fix = '' } = (await check()) ?? {};
    expect(fix).toContain(`identity.principalId ${DEVICE}`);
    expect(fix).toContain(`az rest --method delete --url '${VAULT_ID}/secrets/${main}/`);
  });

  test('judges no client without an identity, and none if the app may not list assignments', async () => {
    await it.onboard({});
    it.addDeployed(main, OTHER);
    expect(await check()).toMatchObject({ differences: [] });

    await it.onboard();
    it.world.access.list.length = 0;
    it.world.access.isAllowed = false;
    vi.setSystemTime(Date.now() + 10_000);
    expect(await check()).toMatchObject({ differences: [] });
  });

  test.each([
    [{ limit: 4000, count: 3599 }, []],
    [{ limit: 4000, count: 3600 }, ['role-assignments-near-limit']],
    [undefined, ['role-assignments-uncounted']],
  ])('warns of a subscription with %j: %j', async (usage, codes) => {
    it.world.access.usage = usage;
    const { warnings } = await it.world.queries.check.clients([reference()]);
    expect(warnings.map(({ code }) => code)).toEqual(codes);
  });
});
