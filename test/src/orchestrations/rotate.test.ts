import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { createClientRecordEntity } from '../fakes/entities/clientRecordEntity.js';
import { report } from '../fakes/worlds/onboardScript.js';
import { CONNECTED_REGISTRY, onboarding } from '../fakes/answers/requests.js';
import { onboarded, rotateIn, ROTATION_RUN } from '../fakes/worlds/rotateWorld.js';
import { candidate, main } from '../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

const { token, registry, connectedRegistry, client } = onboarding();
const ARM_WRITES = ['generatePassword', 'keepOnlySlots', 'setClientTokens', 'createToken', 'setTokenScopeMap'];

let world: World;
const armWrites = () => world.wire.calls.filter((name) => ARM_WRITES.includes(name));
const password = (slot: 'password1' | 'password2') => world.controlPlane.token(token).slots[slot]?.value;
const tagsOfMain = () => parseTags(world.vault.versionsOf(main).at(-1)?.tags ?? {});

beforeEach(async () => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
  await onboarded(world);
});
afterEach(() => vi.useRealTimers());

/** Rotates while the edge is offline for three days. @returns when it is back, and the requests to the device */
async function rotateOffline() {
  const back = Date.now() + 3 * 86_400_000;
  const { outcome, context } = await rotateIn(world, { edge: (at) => at.getTime() > back });
  expect(outcome.status).toBe('completed');
  return { back, asked: context.calls.filter(({ name }) => name === 'requestPullCheck') };
}

describe('a rotation', () => {
  test('fills the other slot, has the device pull, and only then makes it the main secret', async () => {
    const old = world.vault.passwordIn(main);
    vi.setSystemTime(new Date('2026-05-01T12:00:00Z'));
    const { outcome } = await rotateIn(world, {
      device: () => {
        expect(world.vault.passwordIn(main)).toBe(old);
        return report();
      },
    });
    expect(outcome).toMatchObject({
      status: 'completed',
      result: { token, secret: { name: main, slot: 'password2' }, revokes: { slot: 'password1' } },
    });
    expect(outcome.steps.map(({ name }) => name)).toEqual([
      'preflight',
      'issueCredentials',
      'awaitSync',
      'pullCheck',
      'promote',
      'announce',
    ]);
    expect(world.vault.passwordIn(main)).toBe(password('password2'));
    // Whoever still has the one before can go on with it.
    expect(password('password1')).toBe(old);
    expect(armWrites()).toEqual(['generatePassword']);
  });

  test('advances the issue date, keeps the length of life, and notes when the password before may go', async () => {
    vi.setSystemTime(new Date('2026-05-01T12:00:00Z'));
    await rotateIn(world);
    const tags = tagsOfMain();
    expect(new Date(tags?.issued.slotCreatedAt ?? 0).getTime()).toBeGreaterThan(Date.parse('2026-05-01T11:59:59Z'));
    expect(tags?.expiresOn.slice(0, 10)).toBe('2026-07-30');
    const { overlapSeconds } = world.config.limits;
    expect(tags?.revokeOld).toMatchObject({ slot: 'password1' });
    expect(Date.parse(tags?.revokeOld?.from ?? '') - Date.now()).toBeGreaterThan((overlapSeconds - 60) * 1000);
  });

  test('waits for the replication of the password and the next sync before it asks the device', async () => {
    let asked: Date | undefined;
    const startedAt = Date.now();
    const { context } = await rotateIn(world, {
      before: (name, { at }) => {
        if (name === 'requestPullCheck') asked ??= at;
      },
    });
    const { passwordReplicationSeconds } = world.config.limits;
    expect((asked?.getTime() ?? 0) - startedAt).toBeGreaterThanOrEqual(passwordReplicationSeconds * 1000);
    expect(context.calls.filter(({ name }) => name === 'requestPullCheck')).toHaveLength(1);
  });

  test('parks while the edge is offline, and asks the device once it has synced', async () => {
    const { back, asked } = await rotateOffline();
    expect(asked).toHaveLength(1);
    expect(asked[0]?.at.getTime()).toBeGreaterThan(back);
  });

  test('waits for the nightly sync of its connected registry', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { schedule: '0 2 * * *', syncWindow: 'PT3H' });
    const { context } = await rotateIn(world, { edge: (at) => at.getUTCHours() === 2 });
    const [asked] = context.calls.filter(({ name }) => name === 'requestPullCheck');
    expect(asked?.at.toISOString()).toBe('2026-03-02T02:00:10.000Z');
    expect(context.calls.filter(({ name }) => name === 'readSync')).toHaveLength(1);
  });

  test('waits for the sync that ARM reports where the schedule cannot be read, and keeps the password before for long', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { schedule: '0 2 L * *' });
    const { back, asked } = await rotateOffline();
    expect(asked).toHaveLength(1);
    expect(asked[0]?.at.getTime()).toBeGreaterThan(back);
    // Syncs may be as far apart as the longest time that a rotation waits for one.
    const { syncDeadlineSeconds, agentRefreshSeconds } = world.config.limits;
    const kept = (Date.parse(tagsOfMain()?.revokeOld?.from ?? '') - (asked[0]?.at.getTime() ?? 0)) / 1000;
    expect(kept).toBeGreaterThanOrEqual(syncDeadlineSeconds + agentRefreshSeconds);
  });

  test('says so beforehand, and names no time for an urgent one', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { schedule: '0 2 L * *' });
    for (const urgent of [false, true]) {
      const reference = { registry, connectedRegistry, client };
      const { problems, outage = '' } = await world.queries.planRotation({ ...reference, urgent });
      expect(problems).toMatchObject([{ code: 'sync-schedule-unreadable', unknown: true }]);
      expect(outage).not.toMatch(/\d s |up to|\d{4}-/);
      expect(outage.includes('unknown')).toBe(urgent);
    }
  });

  test('is refused where nothing says which endpoint the secret is for, and goes by its tags where they do', async () => {
    const reference = { registry, connectedRegistry, client };
    const noted = tagsOfMain()?.issued.endpoint;
    const rewrite = (changes: (tags: Record<string, string>) => Record<string, string>) =>
      world.vault.secrets.set(main, {
        isDeleted: false,
        versions: (world.vault.secrets.get(main)?.versions ?? []).map((version) => ({
          ...version,
          value: 'no docker config',
          tags: changes({ ...version.tags }),
        })),
      });
    const planned = async () => {
      const { endpoint, problems } = await world.queries.planRotation({ ...reference, urgent: false });
      return [endpoint, problems.map(({ code }) => code)];
    };
    rewrite((tags) => tags);
    expect(noted).toMatch(/:\d+$/);
    expect(await planned()).toEqual([noted, []]);
    rewrite((tags) => ({ ...tags, issued: (tags['issued'] ?? '').split(' ').slice(0, 3).join(' ') }));
    expect(await planned()).toEqual(['', ['endpoint-unknown']]);
  });

  test('gives up, takes its candidate back and says when it will try again when the edge never syncs', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { lastSyncTime: '2026-03-01T11:00:00.000Z' });
    const { outcome } = await rotateIn(world, { edge: () => false });
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'sync-overdue' } });
    expect(password('password2')).toBeUndefined();
  });

  test('that fails its check leaves the credential in use untouched, revokes the candidate and tells operators', async () => {
    const before = { password: world.vault.passwordIn(main), versions: world.vault.versionsOf(main).length };
    const { outcome, records } = await rotateIn(world, { device: () => report({ outcome: 'digest-mismatch' }) });
    expect(outcome).toMatchObject({
      status: 'rolledBack',
      failure: { code: 'pull-digest-mismatch', residue: [], nextTryAt: expect.any(String) },
    });
    expect([world.vault.passwordIn(main), world.vault.versionsOf(main).length]).toEqual(Object.values(before));
    expect(password('password1')).toBe(before.password);
    expect(password('password2')).toBeUndefined();
    expect(world.vault.has(candidate)).toBe(false);
    const nextTryAt = outcome.failure?.nextTryAt;
    expect(records.state.retryRotationAt).toBe(nextTryAt);
    expect([...world.alerts.failed.values()]).toMatchObject([
      { registry, connectedRegistry, client, code: 'pull-digest-mismatch', nextTryAt },
    ]);
    expect(armWrites()).toEqual(['generatePassword', 'keepOnlySlots']);
  });

  describe('names the time of the next try', () => {
    const failing = () => report({ outcome: 'digest-mismatch' });

    test('after a freeze window, in which no sweep would start it', async () => {
      const freezeWindows = [{ cron: '0 0 1 3 *', seconds: 5 * 86_400, timeZone: 'UTC' }];
      const { outcome, records } = await rotateIn(world, { device: failing, limits: { freezeWindows } });
      expect(outcome.failure?.nextTryAt).toBe('2026-03-06T00:00:00.000Z');
      expect(records.state.retryRotationAt).toBe('2026-03-06T00:00:00.000Z');
    });

    test('not before the password before the present one leaves its slot', async () => {
      await rotateIn(world);
      const { outcome } = await rotateIn(world, { run: 'rot0000000000002' });
      const { revokeOld } = tagsOfMain() ?? {};
      expect(revokeOld?.from).toEqual(expect.any(String));
      expect(outcome.failure).toMatchObject({ code: 'preflight', nextTryAt: revokeOld?.from });
    });

    test('not where the timer of sweeps is disabled, by either spelling of the host’s setting', async () => {
      for (const name of ['AzureWebJobs.startRotationSweep.Disabled', 'AzureWebJobs_startRotationSweep_Disabled']) {
        world = createWorld({ [name]: 'true' });
        await onboarded(world);
        const { outcome, records } = await rotateIn(world, { device: failing });
        expect(outcome.failure).toMatchObject({ code: 'pull-digest-mismatch' });
        expect(outcome.failure).not.toHaveProperty('nextTryAt');
        expect(records.state).not.toHaveProperty('retryRotationAt');
        expect([...world.alerts.failed.values()][0]).not.toHaveProperty('nextTryAt');
      }
    });

    test('of no client whose secret was taken away or hidden while the run was under way', async () => {
      const newest = () => world.vault.versionsOf(main).at(-1)?.version ?? '-';
      const hide = () => world.vault.disable({ name: main, version: newest() });
      for (const takeAway of [() => world.vault.remove(main), hide]) {
        world = createWorld();
        await onboarded(world);
        const { outcome } = await rotateIn(world, {
          device: failing,
          before: async (name) => {
            if (name === 'isSwept') await takeAway();
          },
        });
        expect(outcome.failure).not.toHaveProperty('nextTryAt');
      }
    });

    test('of no client of which nobody can tell, which is tried again all the same', async () => {
      const { outcome, records } = await rotateIn(world, {
        device: failing,
        before: (name) => {
          if (name === 'isSwept') world.wire.fail('newest', { when: 'before', kind: 'forbidden' });
        },
      });
      expect(outcome.failure).not.toHaveProperty('nextTryAt');
      expect(records.state.retryRotationAt).toEqual(expect.any(String));
    });

    test('of no client that no sweep looks at', async () => {
      await world.ports.vault.remove(main);
      const { outcome, records } = await rotateIn(world);
      expect(outcome.failure).toMatchObject({ problems: [{ code: 'not-onboarded' }] });
      expect(outcome.failure).not.toHaveProperty('nextTryAt');
      expect(records.state).not.toHaveProperty('retryRotationAt');
      const alerts = [...world.alerts.failed.values()];
      expect(alerts).toMatchObject([{ client, code: 'preflight' }]);
      expect(alerts[0]).not.toHaveProperty('nextTryAt');
    });
  });

  test('that hears nothing of the device ends the same way', async () => {
    const { outcome } = await rotateIn(world, { device: () => undefined });
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'pull-check-deadline' } });
    expect(world.alerts.failed.size).toBe(1);
  });

  test('is done with what made it due', async () => {
    const records = createClientRecordEntity();
    records.state = { rotationDueSince: '2026-02-20T00:00:00.000Z', retryRotationAt: '2026-03-01T11:00:00.000Z' };
    await rotateIn(world, { records });
    expect(records.state).toEqual({});
  });

  test('of a revoked client does not begin', async () => {
    const records = createClientRecordEntity();
    records.state = { revokedAt: '2026-02-28T00:00:00.000Z' };
    const { outcome } = await rotateIn(world, { records });
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'revoked' } });
    expect(outcome.failure).not.toHaveProperty('nextTryAt');
    expect([world.wire.writes, world.alerts.failed.size]).toEqual([[], 0]);
  });

  test('does not follow another before the consumers of the first have changed', async () => {
    await rotateIn(world);
    const { outcome } = await rotateIn(world, { run: 'rot0000000000002' });
    expect(outcome.failure).toMatchObject({ code: 'preflight', problems: [{ code: 'previous-password-in-use' }] });
    const records = createClientRecordEntity();
    records.state = { acknowledged: world.vault.versionsOf(main).at(-1)?.version ?? '' };
    const again = await rotateIn(world, { run: 'rot0000000000003', records });
    expect(again.outcome.result?.secret.slot).toBe('password1');
  });

  test('never binds again what somebody unbound', async () => {
    const { outcome } = await rotateIn(world, {
      before: (name) => {
        if (name === 'promote') world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [] });
      },
    });
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'unbound' } });
    expect(world.controlPlane.clientsOf(CONNECTED_REGISTRY)).toEqual([]);
  });

  test('issues again when its password was lost behind its back', async () => {
    let wiped = false;
    const { outcome } = await rotateIn(world, {
      device: () => (wiped && password('password2') !== undefined ? report() : report({ outcome: 'unauthorized' })),
      before: (name) => {
        if (name !== 'requestPullCheck' || wiped) return;
        wiped = true;
        delete world.controlPlane.token(token).slots.password2;
      },
    });
    expect(outcome.status).toBe('completed');
    expect(world.vault.passwordIn(main)).toBe(password('password2'));
  });
});

describe('an urgent rotation', () => {
  test('replaces the leaked password first, and empties the other slot with it', async () => {
    await rotateIn(world);
    const leaked = world.vault.passwordIn(main) ?? '';
    world.wire.calls.length = 0;
    const { outcome } = await rotateIn(world, { urgent: true, run: 'rot0000000000002' });
    expect(outcome).toMatchObject({ status: 'completed', result: { secret: { slot: 'password2' } } });
    expect(outcome.result).not.toHaveProperty('revokes');
    expect(world.controlPlane.accepts(token, leaked)).toBe(false);
    expect(password('password1')).toBeUndefined();
    expect(world.vault.passwordIn(main)).toBe(password('password2'));
    expect(armWrites()).toEqual(['generatePassword', 'keepOnlySlots']);
  });

  test('that fails keeps its candidate, the only password that works, and the next one mends it', async () => {
    const { outcome, records } = await rotateIn(world, { urgent: true, device: () => undefined });
    expect(outcome.status).toBe('rolledBack');
    expect(outcome.failure?.kept[0]).toContain(candidate);
    expect(world.vault.passwordIn(candidate)).toBe(password('password1'));
    const again = await rotateIn(world, { run: 'rot0000000000002', records });
    expect(again.outcome.status).toBe('completed');
    expect(world.vault.passwordIn(main)).toBe(password('password1'));
  });
});

describe('an urgent rotation that is refused', () => {
  const enabledCandidates = () => world.vault.versionsOf(candidate).filter(({ isEnabled }) => isEnabled);
  const refuse = (method: string) => world.wire.fail(method, { when: 'before', kind: 'forbidden' });

  test('before it replaces anything leaves all as it was, and says no more', async () => {
    refuse('generatePassword');
    const leaked = password('password1');
    const { outcome } = await rotateIn(world, { urgent: true });
    expect(outcome).toMatchObject({
      status: 'rolledBack',
      failure: { code: 'service-forbidden', kept: [], residue: [] },
    });
    expect([world.vault.passwordIn(main), password('password1')]).toEqual([leaked, leaked]);
  });

  test('the saving of its password lists that the client has none, and the next one mends it', async () => {
    await rotateIn(world);
    const old = password('password1');
    refuse('store');
    const { outcome, records } = await rotateIn(world, { urgent: true, run: 'rot0000000000002' });
    expect(outcome).toMatchObject({ status: 'failed', failure: { kept: [] } });
    expect(outcome.failure?.residue).toEqual([expect.stringContaining(`password2 of token ${token}`)]);
    expect([password('password1'), password('password2')]).toEqual([old, undefined]);
    const again = await rotateIn(world, { run: 'rot0000000000003', records });
    expect(again.outcome).toMatchObject({ status: 'completed', result: { secret: { slot: 'password2' } } });
  });

  test('the emptying of the other slot leaves that to the sweep, by the next rotation’s secret', async () => {
    await rotateIn(world);
    const revokeOld = tagsOfMain()?.revokeOld;
    refuse('keepOnlySlots');
    const { outcome, records } = await rotateIn(world, { urgent: true, run: 'rot0000000000002' });
    expect(outcome.failure?.kept).toEqual([expect.stringContaining(candidate)]);
    const again = await rotateIn(world, { run: 'rot0000000000003', records });
    expect(again.outcome).toMatchObject({ status: 'completed', result: { secret: { slot: 'password2' } } });
    expect(revokeOld).toMatchObject({ slot: 'password1' });
    expect(tagsOfMain()?.revokeOld).toEqual(revokeOld);
    expect(enabledCandidates()).toEqual([]);
  });
});

describe('regressions: a rotation', () => {
  test('fills a slot again that its undo was refused to empty', async () => {
    world.wire.fail('keepOnlySlots', { when: 'before', kind: 'forbidden' });
    const { outcome, records } = await rotateIn(world, { device: () => report({ outcome: 'digest-mismatch' }) });
    expect(outcome).toMatchObject({ status: 'failed', failure: { residue: [expect.stringContaining('clearSlot')] } });
    expect(password('password2')).toBeDefined();
    const again = await rotateIn(world, { run: 'rot0000000000002', records });
    expect(again.outcome).toMatchObject({ status: 'completed', result: { secret: { slot: 'password2' } } });
  });

  test('never fills a slot whose password is nobody’s of ours, whatever was retired', async () => {
    await rotateIn(world, { device: () => report({ outcome: 'digest-mismatch' }) });
    world.controlPlane.token(token).slots.password2 = { createdAt: new Date().toISOString(), value: 'theirs' };
    const { outcome } = await rotateIn(world, { run: 'rot0000000000002' });
    expect(outcome.failure).toMatchObject({ code: 'preflight', problems: [{ code: 'slots-in-use' }] });
    expect(password('password2')).toBe('theirs');
  });

  test('does not compute its slot anew in a retry', async () => {
    world.wire.fail('generatePassword', { when: 'after', times: 2 });
    const live = password('password1');
    const { outcome } = await rotateIn(world);
    expect(outcome.result?.secret.slot).toBe('password2');
    expect(password('password1')).toBe(live);
  });

  test('does not compute its slot anew when promotion is repeated', async () => {
    world.wire.fail('copy', { when: 'after', times: 1 });
    const live = password('password1');
    const { outcome } = await rotateIn(world);
    expect(outcome.status).toBe('completed');
    expect([password('password1'), world.vault.passwordIn(main)]).toEqual([live, password('password2')]);
  });

  test('takes a late report of the last attempt for nothing', async () => {
    const late = report({ outcome: 'pulled' });
    const { outcome, context } = await rotateIn(world, {
      device: (attempt) => (attempt === 1 ? undefined : report({ outcome: 'digest-mismatch' })),
      before: (name, { input }, running) => {
        // The first attempt's report comes while the second one is waited for.
        if (name === 'requestPullCheck' && (input as { attempt: number }).attempt === 2)
          running.raiseIn(1, `report-${ROTATION_RUN}-1`, { hash: 'late', report: late });
      },
    });
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'pull-digest-mismatch' } });
    expect(context.calls.some(({ name }) => name === 'promote')).toBe(false);
  });
});
