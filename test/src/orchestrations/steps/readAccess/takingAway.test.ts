import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { atWork, offboardIn, revokeIn } from '../../../fakes/clients/clients.js';
import { AccessWorld, DEVICE, OTHER, SECRETS, fails, identity } from '../../../fakes/worlds/accessWorld.js';
import { candidate, main, token } from '../../../fakes/worlds/defaultClient.js';

/* What undo, revocation and offboarding take back. */

let it: AccessWorld;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  it = new AccessWorld();
});
afterEach(() => vi.useRealTimers());

describe('assignments that a deployment made after the app had failed to make them', () => {
  test('stay when the client is revoked, and the answer says so', async () => {
    await it.failThenDeploy();
    const { outcome } = await revokeIn(it.flows);
    expect(outcome.status).toBe('completed');
    expect(it.readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(outcome.result?.kept).toContain(`read access of ${DEVICE} to secret ${main}: kept, because others gave it`);
    expect(it.flows.record.access?.grants).toEqual([]);
  });

  test('stay when the client is offboarded', async () => {
    await it.failThenDeploy();
    const { outcome } = await offboardIn(it.flows);
    expect(outcome.status).toBe('completed');
    expect(it.readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(outcome.result?.kept.join(' ')).toContain('kept, because others gave it');
  });

  test('stay, and are told, if it is unknown who made them', async () => {
    await it.failThenDeploy();
    it.world.access.saysWhoMade = false;
    const { outcome } = await revokeIn(it.flows);
    expect(outcome.status).toBe('completed');
    expect(it.readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(outcome.result?.kept?.join(' ')).toContain('it is unknown whether this app gave it');
    // A later revocation tries, and tells, again.
    expect(it.flows.record.access?.grants).toMatchObject([{ state: 'unreached', made: SECRETS }]);
  });
});

describe('a run that fails', () => {
  test('takes back what it gave', async () => {
    const { outcome } = await it.onboard(identity(), fails);
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { residue: [] } });
    expect(it.readers()).toEqual([[], []]);
    expect(it.flows.record.access?.grants).toEqual([]);
    expect(it.flows.record.access?.identity).toBeUndefined();
  });

  test('keeps what the client had before', async () => {
    await it.onboard();
    it.world.access.list.splice(1);
    const { outcome } = await it.onboard({ ...identity(), recheck: true }, fails);
    expect(outcome.status).toBe('rolledBack');
    expect(it.readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(it.flows.record.access?.grants).toMatchObject([{ state: 'held', made: SECRETS }]);
  });

  test('with another identity leaves the client the one that it had', async () => {
    await it.onboard();
    await it.onboard(identity(OTHER), fails);
    expect(it.readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(it.flows.record.access?.identity?.principalId).toBe(DEVICE);
  });

  test('takes back an assignment whose answer was lost', async () => {
    it.world.wire.fail('createAssignment', { when: 'after', kind: 'forbidden' });
    const { outcome } = await it.onboard();
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'service-forbidden' } });
    expect(it.readers()).toEqual([[], []]);
  });

  test('lists what it left because it is unknown who gave it', async () => {
    it.world.access.saysWhoMade = false;
    const { outcome } = await it.onboard(identity(), fails);
    expect(outcome.status).toBe('failed');
    expect(outcome.failure?.residue.join(' ')).toContain(
      `${DEVICE} to secret ${main}: in vault edge-vault, it remains`,
    );
    expect(it.readers()).toEqual([[DEVICE], [DEVICE]]);
  });

  test('lists what it could not take back, and keeps it on record', async () => {
    it.world.wire.fail('deleteAssignment', { when: 'before', kind: 'forbidden', times: 99 });
    const { outcome } = await it.onboard(identity(), fails);
    expect(outcome.status).toBe('failed');
    expect(outcome.failure?.residue.join(' ')).toContain('withdrawAccess');
    expect(it.flows.record.access?.grants).toMatchObject([{ state: 'ending', made: SECRETS }]);

    it.world.wire.mend();
    await it.onboard(identity(OTHER));
    expect(it.readers()).toEqual([[OTHER], [OTHER]]);
  });
});

describe('taking away', () => {
  test('an offboarding removes the access, and forgets it', async () => {
    await it.onboard();
    const { outcome } = await offboardIn(it.flows);
    expect(outcome.status).toBe('completed');
    expect(it.readers()).toEqual([[], []]);
    expect(outcome.result?.removed).toContain(`read access of ${DEVICE} to secret ${main}`);
    expect(it.flows.record.access).toBeUndefined();
  });

  test('a revocation removes the access after it has disabled the token, and the record keeps the identity', async () => {
    await it.onboard();
    it.world.wire.calls.length = 0;
    const { outcome } = await revokeIn(it.flows);
    expect(outcome.status).toBe('completed');
    expect(it.readers()).toEqual([[], []]);
    expect(outcome.result?.disabled).toContain(`read access of ${DEVICE} to secret ${candidate}`);
    expect(it.world.wire.calls.indexOf('disableToken')).toBeLessThan(it.world.wire.calls.indexOf('deleteAssignment'));
    expect(it.flows.record.access).toEqual({ identity: expect.anything(), grants: [] });

    vi.setSystemTime(Date.now() + 3_600_000);
    expect((await it.onboard()).outcome.status).toBe('completed');
    expect(it.readers()).toEqual([[DEVICE], [DEVICE]]);
  });

  test('a revocation that cannot remove it says so, and a later one does', async () => {
    await it.onboard();
    it.world.wire.fail('deleteAssignment', { when: 'before', kind: 'forbidden', times: 1 });
    const first = await revokeIn(it.flows);
    expect(first.outcome.status).toBe('failed');
    expect(first.outcome.failure?.residue.join(' ')).toContain('the device may still read them');

    expect((await revokeIn(it.flows, { run: it.newRun() })).outcome.status).toBe('completed');
    expect(it.readers()).toEqual([[], []]);
  });

  test('a revocation during the run ends with no access, whichever comes first', async () => {
    for (const at of ['preflight', 'grantAccess', 'issueCredentials', 'requestPullCheck']) {
      it = new AccessWorld();
      let isRevoked = false;
      await it.onboard(identity(), {
        ...fails,
        after: async (name, _call, engine) => {
          if (name !== at || isRevoked) return;
          isRevoked = true;
          it.flows.setPresent(atWork({ token, steps: ['preflight', 'ensureToken', 'grantAccess'] }));
          const { now } = engine;
          await revokeIn(it.flows, { run: it.newRun() });
          engine.now = now;
          vi.setSystemTime(now);
        },
      });
      expect([at, it.readers()]).toEqual([at, [[], []]]);
    }
  });
});
