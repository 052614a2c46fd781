import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SlotName } from '@connected-registry/protocol/registry/slots';
import { createClientRecordEntity } from '../fakes/entities/clientRecordEntity.js';
import { report } from '../fakes/worlds/onboardScript.js';
import { CONNECTED_REGISTRY, onboarding } from '../fakes/answers/requests.js';
import { armWrites, onboarded, rotateIn, ROTATION_RUN, tagsOfMain } from '../fakes/worlds/rotateWorld.js';
import { candidate, main } from '../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

const { token, registry, connectedRegistry, client } = onboarding();

let world: World;
beforeEach(async () => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
  await onboarded(world);
});
afterEach(() => vi.useRealTimers());

const password = (slot: SlotName) => world.controlPlane.token(token).slots[slot]?.value;

describe('a rotation', () => {
  test('fills the other slot, has the device pull, and only then promotes the new credential', async () => {
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
    expect(armWrites(world)).toEqual(['generatePassword']);
  });

  test('renews the issue date, keeps the lifetime, and records when the previous password may be revoked', async () => {
    vi.setSystemTime(new Date('2026-05-01T12:00:00Z'));
    await rotateIn(world);
    const tags = tagsOfMain(world);

    expect(new Date(tags?.issued.slotCreatedAt ?? 0).getTime()).toBeGreaterThan(Date.parse('2026-05-01T11:59:59Z'));
    expect(tags?.expiresOn.slice(0, 10)).toBe('2026-07-30');

    const { overlapSeconds } = world.config.limits;
    expect(tags?.revokeOld).toMatchObject({ slot: 'password1' });
    expect(Date.parse(tags?.revokeOld?.from ?? '') - Date.now()).toBeGreaterThan((overlapSeconds - 60) * 1000);
  });

  test('is refused if the endpoint of the secret is unknown, and reads it from the secret’s tags otherwise', async () => {
    const reference = { registry, connectedRegistry, client };
    const noted = tagsOfMain(world)?.issued.endpoint;
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
      const { endpoint, problems } = await world.queries.planRotation({ ...reference, urgent: false }, undefined);
      return [endpoint, problems.map(({ code }) => code)];
    };
    rewrite((tags) => tags);

    expect(noted).toMatch(/:\d+$/);
    expect(await planned()).toEqual([noted, []]);

    rewrite((tags) => ({ ...tags, issued: (tags['issued'] ?? '').split(' ').slice(0, 3).join(' ') }));
    expect(await planned()).toEqual(['', ['endpoint-unknown']]);
  });

  test('that fails its check leaves the credential in use unchanged, revokes the candidate and alerts operators', async () => {
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
    expect(armWrites(world)).toEqual(['generatePassword', 'keepOnlySlots']);
  });

  test('without a report of the device is rolled back', async () => {
    const { outcome } = await rotateIn(world, { device: () => undefined });
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'pull-check-deadline' } });
    expect(world.alerts.failed.size).toBe(1);
  });

  test('clears what made it due', async () => {
    const records = createClientRecordEntity();
    records.state = { rotationDueSince: '2026-02-20T00:00:00.000Z', retryRotationAt: '2026-03-01T11:00:00.000Z' };
    await rotateIn(world, { records });
    expect(records.state).toEqual({});
  });

  test('of a rollout clears what made it due while its row waited, and no later mark', async () => {
    const input = { requestedAt: '2026-02-20T00:00:00.000Z', rowStartedAt: '2026-02-22T00:00:00.000Z' };
    const due = createClientRecordEntity();
    due.state = { rotationDueSince: '2026-02-21T00:00:00.000Z' };
    await rotateIn(world, { records: due, input });
    expect(due.state).toEqual({});

    const acknowledged = world.vault.versionsOf(main).at(-1)?.version ?? '';
    const again = createClientRecordEntity();
    again.state = { rotationDueSince: '2026-02-23T00:00:00.000Z', acknowledged };
    const { outcome } = await rotateIn(world, { records: again, input, run: 'rot0000000000002' });
    expect(outcome.status).toBe('completed');
    expect(again.state).toMatchObject({ rotationDueSince: '2026-02-23T00:00:00.000Z' });
  });

  test('of a revoked client does not start', async () => {
    const records = createClientRecordEntity();
    records.state = { revokedAt: '2026-02-28T00:00:00.000Z' };

    const { outcome } = await rotateIn(world, { records });

    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'revoked' } });
    expect(outcome.failure).not.toHaveProperty('nextTryAt');
    expect([world.wire.writes, world.alerts.failed.size]).toEqual([[], 0]);
  });

  test('that is started again after its end does nothing, and is not retried', async () => {
    const records = createClientRecordEntity();
    const { request } = records;
    const end = { kind: 'rotate', actor: 'sweep', startedAt: '-', endedAt: '-', status: 'completed' } as const;
    records.request = (operation, given) => {
      if (operation === 'begin') records.state = { ended: [{ ...end, id: given.by.operation }] };
      return request(operation, given);
    };

    const { outcome } = await rotateIn(world, { records });

    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'stale-event', residue: [] } });
    expect([world.wire.writes, world.alerts.failed.size, records.state.retryRotationAt]).toEqual([[], 0, undefined]);
  });

  test('does not start before the consumers use the credential of the previous one', async () => {
    await rotateIn(world);
    const { outcome } = await rotateIn(world, { run: 'rot0000000000002' });
    expect(outcome.failure).toMatchObject({ code: 'preflight', problems: [{ code: 'previous-password-in-use' }] });

    const records = createClientRecordEntity();
    records.state = { acknowledged: world.vault.versionsOf(main).at(-1)?.version ?? '' };
    const again = await rotateIn(world, { run: 'rot0000000000003', records });

    expect(again.outcome.result?.secret.slot).toBe('password1');
  });

  test('never binds a token that somebody else unbound', async () => {
    const { outcome } = await rotateIn(world, {
      before: (name) => {
        if (name === 'promote') world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [] });
      },
    });

    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'unbound' } });
    expect(world.controlPlane.clientsOf(CONNECTED_REGISTRY)).toEqual([]);
  });

  test('ignores a late report for an earlier attempt', async () => {
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
