import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { assignmentName } from '../../../../src/domain/access/assignmentName.js';
import { readersIn, revocationOf } from '../../../../src/domain/clients/clientRecord.js';
import { reference } from '../../fakes/answers/orders.js';
import { onboard as onboardFlow } from '../../../../src/orchestrations/onboard.js';
import { onboarding, onboardingRun } from '../../fakes/answers/requests.js';
import { runFlow } from '../../fakes/worlds/runFlow.js';
import { atWork, offboardIn, revokeIn } from '../../fakes/clients/clients.js';
import type { Call } from '../../fakes/durable/durableContext.js';
import { FORMER_VAULT_ID, VAULT_ID } from '../../fakes/services/access.js';
import { OWN_OBJECT_ID } from '../../fakes/services/identity.js';
import { candidate, main, token } from '../../fakes/worlds/defaultClient.js';
import { createFlowWorld, type FlowWorld } from '../../fakes/worlds/flowWorld.js';
import { report } from '../../fakes/worlds/onboardScript.js';
import { onboardIn } from '../../fakes/worlds/onboardWorld.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const DEVICE = '11111111-1111-1111-1111-111111111111';
const OTHER = '22222222-2222-2222-2222-222222222222';
const SECRETS = [main, candidate];

let world: World;
let flows: FlowWorld;
let runs = 0;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld({ KEY_VAULT_RESOURCE_ID: VAULT_ID });
  flows = createFlowWorld(world);
});
afterEach(() => vi.useRealTimers());

const identity = (principalId = DEVICE) => ({ identity: { principalId } });
const newRun = () => `run${String((runs += 1)).padStart(13, '0')}`;
const onboard = (
  request: Readonly<Record<string, unknown>> = identity(),
  script: Parameters<typeof onboardIn>[1] = {},
) => onboardIn(world, { flows, run: newRun(), requestedAt: new Date().toISOString(), request, ...script });
const readers = () => SECRETS.map((secret) => world.access.readers(secret));
const problemsOf = ({ outcome }: Awaited<ReturnType<typeof onboard>>) =>
  outcome.failure?.problems?.map(({ code }) => code);
const fails = { device: () => report({ outcome: 'digest-mismatch' }) };
/** An assignment that a deployment of infra/device-access.bicep made. */
const addDeployed = (secret: string, principalId = DEVICE, name = assignmentName(VAULT_ID, secret, principalId)) =>
  world.access.list.push({ name, secret, principalId });
const addOurs = (secret: string, vault = VAULT_ID) => {
  const name = assignmentName(vault, secret, DEVICE);
  world.access.list.push({ name, secret, principalId: DEVICE, createdBy: OWN_OBJECT_ID, vault });
};

describe('an onboarding with an identity', () => {
  test('lets it read both secrets before the device is asked to pull, under the names of a deployment', async () => {
    const atPull: string[][][] = [];
    const { outcome } = await onboard(identity(), {
      before: (name) => void (name === 'requestPullCheck' && atPull.push(readers())),
    });

    expect(outcome.status).toBe('completed');
    expect(atPull).toEqual([[[DEVICE], [DEVICE]]]);
    expect(world.access.list.map(({ name }) => name)).toEqual(
      SECRETS.map((secret) => assignmentName(VAULT_ID, secret, DEVICE)),
    );
    expect(flows.record.access).toMatchObject({
      identity: { principalId: DEVICE, principalType: 'ServicePrincipal' },
      grants: [{ principalId: DEVICE, vault: VAULT_ID, made: SECRETS, state: 'held' }],
    });
  });

  test('writes nothing when it is repeated, and reads the assignments once', async () => {
    await onboard();
    const before = structuredClone(flows.record.access);
    world.wire.calls.length = 0;

    expect((await onboard()).outcome).toMatchObject({ status: 'completed', result: { changed: false } });

    expect(world.wire.writes).toEqual([]);
    expect(world.wire.calls.filter((name) => /Assign/.test(name))).toEqual(['listAssignments']);
    expect(flows.record.access).toEqual(before);
  });

  test('gives a client access that had none, and has its stored credential proven', async () => {
    await onboard({});
    world.wire.calls.length = 0;
    const { outcome } = await onboard();

    expect(outcome).toMatchObject({ status: 'completed', result: { changed: true } });
    expect(readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(world.wire.count('generatePassword')).toBe(0);
    expect(world.wire.count('requestPullCheck')).toBe(1);
  });

  test('without one leaves all as it is', async () => {
    await onboard();
    await onboard({ recheck: true });
    expect(readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(flows.record.access?.identity?.principalId).toBe(DEVICE);
  });

  test('takes the access of the identity before it, after the new one has pulled', async () => {
    await onboard();
    const atPull: string[][][] = [];
    const { outcome } = await onboard(identity(OTHER), {
      before: (name) => void (name === 'requestPullCheck' && atPull.push(readers())),
    });

    expect(outcome.status).toBe('completed');
    expect(atPull).toEqual([
      [
        [DEVICE, OTHER],
        [DEVICE, OTHER],
      ],
    ]);
    expect(readers()).toEqual([[OTHER], [OTHER]]);
    expect(flows.record.access).toMatchObject({
      identity: { principalId: OTHER },
      grants: [{ principalId: OTHER, state: 'held' }],
    });
    expect(flows.record.access?.grants).toHaveLength(1);
  });

  test('succeeds if the old identity cannot be removed yet, and the next run removes it', async () => {
    await onboard();
    world.wire.fail('deleteAssignment', { when: 'before', kind: 'forbidden', times: 1 });
    expect((await onboard(identity(OTHER))).outcome.status).toBe('completed');
    expect(readers()[0]).toContain(DEVICE);

    expect((await onboard(identity(OTHER))).outcome.status).toBe('completed');
    expect(readers()).toEqual([[OTHER], [OTHER]]);
  });
});

describe('assignments that others made', () => {
  test('are used, and stay after the client is offboarded', async () => {
    SECRETS.forEach((secret) => addDeployed(secret));
    expect((await onboard()).outcome.status).toBe('completed');
    expect(flows.record.access).toEqual({
      identity: { principalId: DEVICE, principalType: 'ServicePrincipal' },
      grants: [],
    });

    const { outcome } = await offboardIn(flows);
    expect(outcome.status).toBe('completed');
    expect(readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(outcome.result?.kept.join(' ')).toContain(`read access of ${DEVICE} to secret ${main}: kept`);
  });

  test('that appear under another name during the run are used, and stay when it fails', async () => {
    await onboard(identity(), {
      ...fails,
      before: (name) => {
        if (name === 'grantAccess') addDeployed(main, DEVICE, 'another-name');
      },
    });
    expect(readers()).toEqual([[DEVICE], []]);
  });
});

describe('assignments that a deployment made after the app had failed to make them', () => {
  // The app's role is taken away during the run, so that neither the creation nor the undo comes through.
  const failThenDeploy = async () => {
    world.wire.fail('createAssignment', { when: 'before', kind: 'forbidden', times: 99 });
    world.wire.fail('findAssignment', { when: 'before', kind: 'forbidden', times: 99 });
    expect((await onboard()).outcome.status).toBe('failed');
    world.wire.mend();
    SECRETS.forEach((secret) => addDeployed(secret));
    vi.setSystemTime(Date.now() + 60_000);
    expect((await onboard({})).outcome.status).toBe('completed');
    vi.setSystemTime(Date.now() + 60_000);
  };

  test('stay when the client is revoked, and the answer says so', async () => {
    await failThenDeploy();
    const { outcome } = await revokeIn(flows);
    expect(outcome.status).toBe('completed');
    expect(readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(outcome.result?.kept).toContain(`read access of ${DEVICE} to secret ${main}: kept, because others gave it`);
    expect(flows.record.access?.grants).toEqual([]);
  });

  test('stay when the client is offboarded', async () => {
    await failThenDeploy();
    const { outcome } = await offboardIn(flows);
    expect(outcome.status).toBe('completed');
    expect(readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(outcome.result?.kept.join(' ')).toContain('kept, because others gave it');
  });

  test('stay, and are told, if it is unknown who made them', async () => {
    await failThenDeploy();
    world.access.saysWhoMade = false;
    const { outcome } = await revokeIn(flows);
    expect(outcome.status).toBe('completed');
    expect(readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(outcome.result?.kept?.join(' ')).toContain('it is unknown whether this app gave it');
    // A later revocation tries, and tells, again.
    expect(flows.record.access?.grants).toMatchObject([{ state: 'unreached', made: SECRETS }]);
  });
});

describe('a client whose secrets were in another vault', () => {
  /** What an earlier onboarding gave there. */
  beforeEach(async () => {
    await onboard({});
    const grant = { principalId: DEVICE, vault: FORMER_VAULT_ID, run: 'earlier' };
    await flows.ask('noteGrant', { ...grant, made: SECRETS });
    await flows.ask('completeGrant', {
      ...grant,
      identity: { principalId: DEVICE, principalType: 'ServicePrincipal' },
    });
    for (const secret of SECRETS) addOurs(secret, FORMER_VAULT_ID);
  });
  const vaults = () => world.access.list.map(({ vault }) => vault);

  test('loses its access there when it is onboarded again', async () => {
    expect((await onboard()).outcome.status).toBe('completed');
    expect(vaults()).toEqual([VAULT_ID, VAULT_ID]);
    expect(flows.record.access?.grants).toMatchObject([{ vault: VAULT_ID, state: 'held' }]);
  });

  test('is onboarded, revoked and offboarded without it if the app has no role there, and each answer that takes away says so', async () => {
    world.access.isAllowedOnFormer = false;
    expect((await onboard()).outcome.status).toBe('completed');
    // What cannot be removed makes no work for later runs.
    expect((await onboard()).outcome).toMatchObject({ status: 'completed', result: { changed: false } });

    const told = `read access of ${DEVICE} to secret ${main}: in vault edge-vault-former, it remains`;
    const revoked = await revokeIn(flows);
    expect(revoked.outcome.status).toBe('completed');
    expect(revoked.outcome.result?.kept?.join(' ')).toContain(told);
    vi.setSystemTime(Date.now() + 60_000);
    const { outcome } = await offboardIn(flows);
    expect(outcome.status).toBe('completed');
    expect(outcome.result?.kept.join(' ')).toContain(told);
    expect(vaults()).toEqual([FORMER_VAULT_ID, FORMER_VAULT_ID]);
    expect(flows.record.access).toBeUndefined();
  });
});

describe('a run that fails', () => {
  test('takes back what it gave', async () => {
    const { outcome } = await onboard(identity(), fails);
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { residue: [] } });
    expect(readers()).toEqual([[], []]);
    expect(flows.record.access?.grants).toEqual([]);
    expect(flows.record.access?.identity).toBeUndefined();
  });

  test('keeps what the client had before', async () => {
    await onboard();
    world.access.list.splice(1);
    const { outcome } = await onboard({ ...identity(), recheck: true }, fails);
    expect(outcome.status).toBe('rolledBack');
    expect(readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(flows.record.access?.grants).toMatchObject([{ state: 'held', made: SECRETS }]);
  });

  test('with another identity leaves the client the one that it had', async () => {
    await onboard();
    await onboard(identity(OTHER), fails);
    expect(readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(flows.record.access?.identity?.principalId).toBe(DEVICE);
  });

  test('takes back an assignment whose answer was lost', async () => {
    world.wire.fail('createAssignment', { when: 'after', kind: 'forbidden' });
    const { outcome } = await onboard();
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'service-forbidden' } });
    expect(readers()).toEqual([[], []]);
  });

  test('lists what it left because it is unknown who gave it', async () => {
    world.access.saysWhoMade = false;
    const { outcome } = await onboard(identity(), fails);
    expect(outcome.status).toBe('failed');
    expect(outcome.failure?.residue.join(' ')).toContain(
      `${DEVICE} to secret ${main}: in vault edge-vault, it remains`,
    );
    expect(readers()).toEqual([[DEVICE], [DEVICE]]);
  });

  test('lists what it could not take back, and keeps it on record', async () => {
    world.wire.fail('deleteAssignment', { when: 'before', kind: 'forbidden', times: 99 });
    const { outcome } = await onboard(identity(), fails);
    expect(outcome.status).toBe('failed');
    expect(outcome.failure?.residue.join(' ')).toContain('withdrawAccess');
    expect(flows.record.access?.grants).toMatchObject([{ state: 'ending', made: SECRETS }]);

    world.wire.mend();
    await onboard(identity(OTHER));
    expect(readers()).toEqual([[OTHER], [OTHER]]);
  });
});

describe('taking away', () => {
  test('an offboarding removes the access, and forgets it', async () => {
    await onboard();
    const { outcome } = await offboardIn(flows);
    expect(outcome.status).toBe('completed');
    expect(readers()).toEqual([[], []]);
    expect(outcome.result?.removed).toContain(`read access of ${DEVICE} to secret ${main}`);
    expect(flows.record.access).toBeUndefined();
  });

  test('a revocation removes the access after it has disabled the token, and the record keeps the identity', async () => {
    await onboard();
    world.wire.calls.length = 0;
    const { outcome } = await revokeIn(flows);
    expect(outcome.status).toBe('completed');
    expect(readers()).toEqual([[], []]);
    expect(outcome.result?.disabled).toContain(`read access of ${DEVICE} to secret ${candidate}`);
    expect(world.wire.calls.indexOf('disableToken')).toBeLessThan(world.wire.calls.indexOf('deleteAssignment'));
    expect(flows.record.access).toEqual({ identity: expect.anything(), grants: [] });

    vi.setSystemTime(Date.now() + 3_600_000);
    expect((await onboard()).outcome.status).toBe('completed');
    expect(readers()).toEqual([[DEVICE], [DEVICE]]);
  });

  test('a revocation that cannot remove it says so, and a later one does', async () => {
    await onboard();
    world.wire.fail('deleteAssignment', { when: 'before', kind: 'forbidden', times: 1 });
    const first = await revokeIn(flows);
    expect(first.outcome.status).toBe('failed');
    expect(first.outcome.failure?.residue.join(' ')).toContain('the device may still read them');

    expect((await revokeIn(flows, { run: newRun() })).outcome.status).toBe('completed');
    expect(readers()).toEqual([[], []]);
  });

  test('a revocation during the run ends with no access, whichever comes first', async () => {
    for (const at of ['preflight', 'grantAccess', 'issueCredentials', 'requestPullCheck']) {
      world = createWorld({ KEY_VAULT_RESOURCE_ID: VAULT_ID });
      flows = createFlowWorld(world);
      let isRevoked = false;
      await onboard(identity(), {
        ...fails,
        after: async (name, _call, engine) => {
          if (name !== at || isRevoked) return;
          isRevoked = true;
          flows.setPresent(atWork({ token, steps: ['preflight', 'ensureToken', 'grantAccess'] }));
          const { now } = engine;
          await revokeIn(flows, { run: newRun() });
          engine.now = now;
          vi.setSystemTime(now);
        },
      });
      expect([at, readers()]).toEqual([at, [[], []]]);
    }
  });
});

describe('a late call', () => {
  const calls: Call[] = [];
  const noting = { after: (_: string, call: Call) => void (call.kind === 'activity' && calls.push(call)) };
  const again = async (name: string) => {
    const call = calls.findLast((one) => one.name === name);
    if (!call) throw new Error(`no call of ${name}`);
    await flows.answer(name, call);
  };
  beforeEach(() => void (calls.length = 0));

  test('of the grant gives a revoked or offboarded device nothing back', async () => {
    await onboard(identity(), noting);
    await revokeIn(flows);
    await again('grantAccess');
    expect(readers()).toEqual([[], []]);
    await offboardIn(flows, { run: newRun() });
    await again('grantAccess');
    expect(readers()).toEqual([[], []]);
  });

  test('of the removal, which stood still, takes at most the one that it was deleting, and the later run gives it again', async () => {
    await onboard(identity(), { ...fails, ...noting });
    await flows.ask('noteGrant', { principalId: DEVICE, vault: VAULT_ID, made: SECRETS, run: 'r1' });
    await flows.ask('endGrants', {});
    for (const secret of SECRETS) addOurs(secret);
    let wake: () => void = () => undefined;
    const stands = new Promise<void>((resolve) => (wake = resolve));
    const remove = vi.spyOn(world.access, 'deleteAssignment');
    const real = world.access.findAssignment.bind(world.access);
    const find = vi.spyOn(world.access, 'findAssignment').mockImplementationOnce(async (...args) => {
      const found = await real(...args);
      await stands;
      return found;
    });
    const late = again('withdrawAccess');
    await vi.waitFor(() => expect(find).toHaveBeenCalled());

    await again('withdrawAccess');
    await flows.ask('dropGrants', { removed: [{ principalId: DEVICE, vault: VAULT_ID }], unreached: [] });
    remove.mockClear();
    await onboard(identity(), {
      before: async (name) => {
        if (name !== 'promote') return;
        wake();
        await late;
        expect(remove).toHaveBeenCalledTimes(1);
        expect(readers()).toEqual([[], [DEVICE]]);
      },
    });
    expect(readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(flows.record.access?.grants).toMatchObject([{ state: 'held', made: SECRETS }]);
  });

  test('of the removal leaves what a later run gave', async () => {
    await onboard(identity(), { ...fails, ...noting });
    await onboard();
    await again('withdrawAccess');
    expect(readers()).toEqual([[DEVICE], [DEVICE]]);
  });
});

describe('preflight', () => {
  test('refuses without the vault’s resource id, and names the setting', async () => {
    world = createWorld();
    flows = createFlowWorld(world);
    const ended = await onboard();
    expect(problemsOf(ended)).toEqual(['device-access-missing']);
    expect(ended.outcome.failure?.problems?.[0]?.fix).toContain('KEY_VAULT_RESOURCE_ID');
    expect(world.wire.writes).toEqual([]);
  });

  test('refuses without the role, prints the command that gives it, and looks again at once', async () => {
    world.access.isAllowed = false;
    world.self.ownId = ['own', OTHER];
    const ended = await onboard();
    expect(problemsOf(ended)).toEqual(['device-access-missing']);
    const fix = ended.outcome.failure?.problems?.[0]?.fix;
    expect(fix).toContain('/roleDefinitions/f58310d9-a9f6-439a-9e8d-f62e7b41a168"');
    expect(fix).toContain('"condition":"');
    expect(world.wire.writes).toEqual([]);

    world.access.isAllowed = true;
    expect((await onboard()).outcome.status).toBe('completed');
  });

  test('refuses also if the role was taken away a moment ago', async () => {
    await onboard();
    world.access.isAllowed = false;
    expect(problemsOf(await onboard(identity(OTHER)))).toEqual(['device-access-missing']);
  });

  test('refuses a client for whose two assignments there is no room, and no client that needs none', async () => {
    await onboard();
    world.access.usage = { limit: 4000, count: 3999 };
    expect((await onboard()).outcome.status).toBe('completed');
    vi.setSystemTime(Date.now() + 61_000);
    expect(problemsOf(await onboard(identity(OTHER)))).toEqual(['role-assignments-full']);
  });

  test('goes on if the assignments cannot be counted', async () => {
    world.access.usage = undefined;
    expect((await onboard()).outcome.status).toBe('completed');
  });

  test('lists the writes of a dry run, and what others made', async () => {
    addDeployed(main);
    const { writes, adopts } = await world.queries.preflight(onboarding(identity()), undefined);
    expect(writes.filter(({ step }) => step === 'grantAccess')).toEqual([
      { step: 'grantAccess', action: `give ${DEVICE} read access to secret`, resource: candidate },
    ]);
    expect(adopts).toContain(`read access of ${DEVICE} to secret ${main}, which others gave`);
  });
});

describe('an identity that an event names', () => {
  const byEvent = (principalId: string) => ({ ...onboarding(identity(principalId)), identityByEvent: true as const });
  const codes = async (principalId: string) => {
    const { record } = flows;
    const clears = revocationOf(record);
    const { problems } = await world.queries.preflight(
      byEvent(principalId),
      undefined,
      clears,
      [],
      record.held,
      readersIn(record),
    );
    return problems.map(({ code }) => code);
  };

  test('is that of a new client, or the one that the client has', async () => {
    expect(await codes(DEVICE)).toEqual([]);
    await onboard();
    expect(await codes(DEVICE)).toEqual([]);
    expect(await codes(OTHER)).toEqual(['identity-not-by-event']);
  });

  test('is refused for a client that others let read its secrets, and for a revoked one', async () => {
    await onboard({});
    expect(await codes(DEVICE)).toEqual(['identity-not-by-event']);
    await revokeIn(flows);
    expect(await codes(DEVICE)).toEqual(['identity-not-by-event']);
  });

  test('is after an offboarding the one that the client had, however often it is offboarded', async () => {
    await onboard();
    for (const run of ['the-first', 'the-second']) {
      vi.setSystemTime(Date.now() + 60_000);
      expect((await offboardIn(flows, { run, eventAt: new Date().toISOString() })).outcome.status).toBe('completed');
      expect(await codes(OTHER)).toEqual(['identity-not-by-event']);
      expect(await codes(DEVICE)).toEqual([]);
    }

    vi.setSystemTime(Date.now() + 60_000);
    expect((await onboard()).outcome.status).toBe('completed');
    expect(await codes(OTHER)).toEqual(['identity-not-by-event']);
  });

  test('is none after the offboarding of a client that an operator had set up without one', async () => {
    // Somebody who sends events named an identity before the operator came.
    await onboard(identity(OTHER), fails);
    expect(await codes(OTHER)).toEqual([]);
    vi.setSystemTime(Date.now() + 60_000);
    expect((await onboard({})).outcome.status).toBe('completed');
    vi.setSystemTime(Date.now() + 60_000);
    expect((await offboardIn(flows)).outcome.status).toBe('completed');
    expect([await codes(OTHER), await codes(DEVICE)]).toEqual([['identity-not-by-event'], ['identity-not-by-event']]);
  });

  test('of a run that failed may be named again, and no other', async () => {
    await onboard(identity(), fails);
    expect([await codes(DEVICE), await codes(OTHER)]).toEqual([[], ['identity-not-by-event']]);
  });

  test('is refused for a client whose device was invited or has joined', async () => {
    const at = new Date().toISOString();
    const enrolment = { hash: 'a-hash', issuedAt: at, expiresAt: '2026-03-02T00:00:00.000Z' };
    await flows.ask('enrol', { enrolment });
    expect(await codes(DEVICE)).toEqual(['identity-not-by-event']);

    const keys = { sign: 'a-key', seal: 'another-key' };
    await flows.ask('redeem', { redemption: { hash: 'a-hash', keys, thumbprint: 'a-thumbprint', at } });
    expect(flows.record.joined).toBeDefined();
    expect(await codes(DEVICE)).toEqual(['identity-not-by-event']);
  });
});

describe('a check', () => {
  const check = async () =>
    (await world.queries.check.clients([reference()], undefined, { record: async () => flows.record })).findings[0];

  test('reports access that is gone or foreign, each with its fix', async () => {
    await onboard();
    expect(await check()).toMatchObject({ state: 'ok', differences: [] });

    world.access.list.splice(1);
    addDeployed(main, OTHER, 'a-name');
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
    await onboard({});
    addDeployed(main, OTHER);
    expect(await check()).toMatchObject({ differences: [] });

    await onboard();
    world.access.list.length = 0;
    world.access.isAllowed = false;
    vi.setSystemTime(Date.now() + 10_000);
    expect(await check()).toMatchObject({ differences: [] });
  });

  test.each([
    [{ limit: 4000, count: 3599 }, []],
    [{ limit: 4000, count: 3600 }, ['role-assignments-near-limit']],
    [undefined, ['role-assignments-uncounted']],
  ])('warns of a subscription with %j: %j', async (usage, codes) => {
    world.access.usage = usage;
    const { warnings } = await world.queries.check.clients([reference()]);
    expect(warnings.map(({ code }) => code)).toEqual(codes);
  });
});

describe('a right that takes its time to be effective', () => {
  const minutesUnreadable = (minutes: number) => {
    const until = Date.now() + minutes * 60_000;
    return { device: () => report(Date.now() < until ? { outcome: 'secret-unavailable' } : {}) };
  };
  const impatiently = (request: object, minutes: number) => {
    const input = onboardingRun({ ...request }, { pullCheckDeadlineSeconds: 120 });
    const { device } = minutesUnreadable(minutes);
    return runFlow({ world: flows, flow: onboardFlow, input, script: { device } });
  };

  test('is waited for ten minutes, whatever the deadline of the pull check is', async () => {
    expect((await impatiently(identity(), 10)).outcome.status).toBe('completed');
  });

  test('is not waited for much longer, nor if the run did not give it', async () => {
    const failure = { status: 'rolledBack', failure: { code: 'pull-check-deadline' } };
    expect((await impatiently(identity(), 17)).outcome).toMatchObject(failure);
    expect((await impatiently({}, 10)).outcome).toMatchObject(failure);
  });
});
