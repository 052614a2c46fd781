import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { onboard as onboardFlow } from '../../../../../src/orchestrations/onboard.js';
import { assignmentName } from '../../../../../src/domain/access/assignmentName.js';
import { onboardingRun } from '../../../fakes/answers/requests.js';
import { offboardIn, revokeIn } from '../../../fakes/clients/clients.js';
import {
  AccessWorld,
  DEVICE,
  FORMER_VAULT_ID,
  OTHER,
  SECRETS,
  VAULT_ID,
  identity,
  fails,
} from '../../../fakes/worlds/accessWorld.js';
import { main } from '../../../fakes/worlds/defaultClient.js';
import { report } from '../../../fakes/worlds/onboardScript.js';
import { runFlow } from '../../../fakes/worlds/runFlow.js';

/* Onboardings that let a device read its secrets. */

let it: AccessWorld;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  it = new AccessWorld();
});
afterEach(() => vi.useRealTimers());

describe('an onboarding with an identity', () => {
  test('lets it read both secrets before the device is asked to pull, under the names of a deployment', async () => {
    const atPull: string[][][] = [];
    const { outcome } = await it.onboard(identity(), {
      before: (name) => void (name === 'requestPullCheck' && atPull.push(it.readers())),
    });

    expect(outcome.status).toBe('completed');
    expect(atPull).toEqual([[[DEVICE], [DEVICE]]]);
    expect(it.world.access.list.map(({ name }) => name)).toEqual(
      SECRETS.map((secret) => assignmentName(VAULT_ID, secret, DEVICE)),
    );
    expect(it.flows.record.access).toMatchObject({
      identity: { principalId: DEVICE, principalType: 'ServicePrincipal' },
      grants: [{ principalId: DEVICE, vault: VAULT_ID, made: SECRETS, state: 'held' }],
    });
  });

  test('writes nothing when it is repeated, and reads the assignments once', async () => {
    await it.onboard();
    const before = structuredClone(it.flows.record.access);
    it.world.wire.calls.length = 0;

    expect((await it.onboard()).outcome).toMatchObject({ status: 'completed', result: { changed: false } });

    expect(it.world.wire.writes).toEqual([]);
    expect(it.world.wire.calls.filter((name) => /Assign/.test(name))).toEqual(['listAssignments']);
    expect(it.flows.record.access).toEqual(before);
  });

  test('gives a client access that had none, and has its stored credential proven', async () => {
    await it.onboard({});
    it.world.wire.calls.length = 0;
    const { outcome } = await it.onboard();

    expect(outcome).toMatchObject({ status: 'completed', result: { changed: true } });
    expect(it.readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(it.world.wire.count('generatePassword')).toBe(0);
    expect(it.world.wire.count('requestPullCheck')).toBe(1);
  });

  test('without one leaves all as it is', async () => {
    await it.onboard();
    await it.onboard({ recheck: true });
    expect(it.readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(it.flows.record.access?.identity?.principalId).toBe(DEVICE);
  });

  test('takes the access of the identity before it, after the new one has pulled', async () => {
    await it.onboard();
    const atPull: string[][][] = [];
    const { outcome } = await it.onboard(identity(OTHER), {
      before: (name) => void (name === 'requestPullCheck' && atPull.push(it.readers())),
    });

    expect(outcome.status).toBe('completed');
    expect(atPull).toEqual([
      [
        [DEVICE, OTHER],
        [DEVICE, OTHER],
      ],
    ]);
    expect(it.readers()).toEqual([[OTHER], [OTHER]]);
    expect(it.flows.record.access).toMatchObject({
      identity: { principalId: OTHER },
      grants: [{ principalId: OTHER, state: 'held' }],
    });
    expect(it.flows.record.access?.grants).toHaveLength(1);
  });

  test('succeeds if the old identity cannot be removed yet, and the next run removes it', async () => {
    await it.onboard();
    it.world.wire.fail('deleteAssignment', { when: 'before', kind: 'forbidden', times: 1 });
    expect((await it.onboard(identity(OTHER))).outcome.status).toBe('completed');
    expect(it.readers()[0]).toContain(DEVICE);

    expect((await it.onboard(identity(OTHER))).outcome.status).toBe('completed');
    expect(it.readers()).toEqual([[OTHER], [OTHER]]);
  });
});

describe('assignments that others made', () => {
  test('are used, and stay after the client is offboarded', async () => {
    SECRETS.forEach((secret) => it.addDeployed(secret));
    expect((await it.onboard()).outcome.status).toBe('completed');
    expect(it.flows.record.access).toEqual({
      identity: { principalId: DEVICE, principalType: 'ServicePrincipal' },
      grants: [],
    });

    const { outcome } = await offboardIn(it.flows);
    expect(outcome.status).toBe('completed');
    expect(it.readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(outcome.result?.kept.join(' ')).toContain(`read access of ${DEVICE} to secret ${main}: kept`);
  });

  test('that appear under another name during the run are used, and stay when it fails', async () => {
    await it.onboard(identity(), {
      ...fails,
      before: (name) => {
        if (name === 'grantAccess') it.addDeployed(main, DEVICE, 'another-name');
      },
    });
    expect(it.readers()).toEqual([[DEVICE], []]);
  });
});

describe('a client whose secrets were in another vault', () => {
  /** What an earlier onboarding gave there. */
  beforeEach(async () => {
    await it.onboard({});
    const grant = { principalId: DEVICE, vault: FORMER_VAULT_ID, run: 'earlier' };
    await it.flows.ask('noteGrant', { ...grant, made: SECRETS });
    await it.flows.ask('completeGrant', {
      ...grant,
      identity: { principalId: DEVICE, principalType: 'ServicePrincipal' },
    });
    for (const secret of SECRETS) it.addOurs(secret, FORMER_VAULT_ID);
  });
  const vaults = () => it.world.access.list.map(({ vault }) => vault);

  test('loses its access there when it is onboarded again', async () => {
    expect((await it.onboard()).outcome.status).toBe('completed');
    expect(vaults()).toEqual([VAULT_ID, VAULT_ID]);
    expect(it.flows.record.access?.grants).toMatchObject([{ vault: VAULT_ID, state: 'held' }]);
  });

  test('is onboarded, revoked and offboarded without it if the app has no role there, and each answer that takes away says so', async () => {
    it.world.access.isAllowedOnFormer = false;
    expect((await it.onboard()).outcome.status).toBe('completed');
    // What cannot be removed makes no work for later runs.
    expect((await it.onboard()).outcome).toMatchObject({ status: 'completed', result: { changed: false } });

    const told = `read access of ${DEVICE} to secret ${main}: in vault edge-vault-former, it remains`;
    const revoked = await revokeIn(it.flows);
    expect(revoked.outcome.status).toBe('completed');
    expect(revoked.outcome.result?.kept?.join(' ')).toContain(told);
    vi.setSystemTime(Date.now() + 60_000);
    const { outcome } = await offboardIn(it.flows);
    expect(outcome.status).toBe('completed');
    expect(outcome.result?.kept.join(' ')).toContain(told);
    expect(vaults()).toEqual([FORMER_VAULT_ID, FORMER_VAULT_ID]);
    expect(it.flows.record.access).toBeUndefined();
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
    return runFlow({ world: it.flows, flow: onboardFlow, input, script: { device } });
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
