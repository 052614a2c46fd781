import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { offboardIn, revokeIn } from '../../../fakes/clients/clients.js';
import { AccessWorld, DEVICE, SECRETS, VAULT_ID, identity, fails } from '../../../fakes/worlds/accessWorld.js';
import type { Call } from '../../../fakes/durable/durableContext.js';

/* Calls that the engine makes again, or that stood still. */

let it: AccessWorld;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  it = new AccessWorld();
});
afterEach(() => vi.useRealTimers());

describe('a late call', () => {
  const calls: Call[] = [];
  const noting = { after: (_: string, call: Call) => void (call.kind === 'activity' && calls.push(call)) };
  const again = async (name: string) => {
    const call = calls.findLast((one) => one.name === name);
    if (!call) throw new Error(`no call of ${name}`);
    await it.flows.answer(name, call);
  };
  beforeEach(() => void (calls.length = 0));

  test('of the grant gives a revoked or offboarded device nothing back', async () => {
    await it.onboard(identity(), noting);
    await revokeIn(it.flows);
    await again('grantAccess');
    expect(it.readers()).toEqual([[], []]);
    await offboardIn(it.flows, { run: it.newRun() });
    await again('grantAccess');
    expect(it.readers()).toEqual([[], []]);
  });

  test('of the removal, which stood still, takes at most the one that it was deleting, and the later run gives it again', async () => {
    await it.onboard(identity(), { ...fails, ...noting });
    await it.flows.ask('noteGrant', { principalId: DEVICE, vault: VAULT_ID, made: SECRETS, run: 'r1' });
    await it.flows.ask('endGrants', {});
    for (const secret of SECRETS) it.addOurs(secret);
    let wake: () => void = () => undefined;
    const stands = new Promise<void>((resolve) => (wake = resolve));
    const remove = vi.spyOn(it.world.access, 'deleteAssignment');
    const real = it.world.access.findAssignment.bind(it.world.access);
    const find = vi.spyOn(it.world.access, 'findAssignment').mockImplementationOnce(async (...args) => {
      const found = await real(...args);
      await stands;
      return found;
    });
    const late = again('withdrawAccess');
    await vi.waitFor(() => expect(find).toHaveBeenCalled());

    await again('withdrawAccess');
    await it.flows.ask('dropGrants', { removed: [{ principalId: DEVICE, vault: VAULT_ID, run: 'r1' }], unreached: [] });
    remove.mockClear();
    await it.onboard(identity(), {
      before: async (name) => {
        if (name !== 'promote') return;
        wake();
        await late;
        expect(remove).toHaveBeenCalledTimes(1);
        expect(it.readers()).toEqual([[], [DEVICE]]);
      },
    });
    expect(it.readers()).toEqual([[DEVICE], [DEVICE]]);
    expect(it.flows.record.access?.grants).toMatchObject([{ state: 'held', made: SECRETS }]);
  });

  test('of the removal leaves what a later run gave', async () => {
    await it.onboard(identity(), { ...fails, ...noting });
    await it.onboard();
    await again('withdrawAccess');
    expect(it.readers()).toEqual([[DEVICE], [DEVICE]]);
  });

  test('of the record, that access was removed, leaves the entry of a later run, whose access is still there', async () => {
    await it.onboard();
    const told: unknown[] = [];
    await revokeIn(it.flows, { after: (name, { input }) => void (name === 'dropGrants' && told.push(input)) });
    expect(told).toHaveLength(1);
    vi.setSystemTime(Date.now() + 60_000);
    it.world.wire.fail('deleteAssignment', { when: 'before', kind: 'forbidden', times: 99 });
    expect((await it.onboard(identity(), fails)).outcome.status).toBe('failed');
    expect(it.readers()).toEqual([[DEVICE], [DEVICE]]);

    await it.flows.ask('dropGrants', told[0]);
    expect(it.flows.record.access?.grants).toMatchObject([{ state: 'ending', made: SECRETS }]);
    it.world.wire.mend();
    expect((await revokeIn(it.flows, { run: it.newRun() })).outcome.status).toBe('completed');
    expect(it.readers()).toEqual([[], []]);
  });
});
