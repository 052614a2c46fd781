import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { addMember } from '../fakes/clients/fleet.js';
import { onboarding } from '../fakes/answers/requests.js';
import { createRolloutWorld, useRolloutTime } from '../fakes/worlds/rolloutWorld.js';

beforeEach(useRolloutTime);
afterEach(() => void vi.useRealTimers());

describe('a dry run', () => {
  test('goes on when a service refuses to tell about one row', async () => {
    const world = createRolloutWorld({
      plan: { kind: 'onboard', dryRun: true, rows: 3 },
      requests: ['a', 'b', 'c'].map((client) => onboarding({ client, token: `token-${client}` })),
    });
    world.world.wire.fail('getToken', { when: 'before', kind: 'forbidden' });
    const { outcome } = await world.run();
    expect(outcome).toMatchObject({ status: 'completed', counts: { planned: 2, failed: 1 } });
    expect(world.rows.find(({ state }) => state === 'failed')).toMatchObject({
      problems: ['service-error'],
      reasons: [{ code: 'service-error', message: expect.stringContaining('getToken'), fix: expect.any(String) }],
    });
  });

  test('plans each row, claims and starts nothing, and is not paused by problems', async () => {
    const request = (client: string, changes = {}) => onboarding({ client, token: `token-${client}`, ...changes });
    const world = createRolloutWorld({
      plan: { kind: 'onboard', dryRun: true, rows: 60, failureLimit: { percent: 1, minimum: 1 } },
      requests: Array.from({ length: 60 }, (_, row) =>
        request(`c${row}`, row === 55 ? { connectedRegistry: 'unknown' } : {}),
      ),
    });
    world.setClaims({ another: ['x'] });

    const { outcome, calls } = await world.run();

    expect(outcome).toMatchObject({ status: 'completed', counts: { planned: 59, failed: 1 } });
    expect(world.rows[0]).toMatchObject({
      state: 'planned',
      writes: expect.arrayContaining(['create token token-c0']),
    });
    expect(world.rows[55]).toMatchObject({
      state: 'failed',
      code: 'problems',
      problems: ['connected-registry-not-found'],
      reasons: [
        {
          code: 'connected-registry-not-found',
          field: 'connectedRegistry',
          message: expect.stringContaining('unknown'),
        },
      ],
    });
    expect(calls.filter(({ name }) => name === 'planRollout')).toHaveLength(2);
    expect([world.clients.started, world.world.wire.writes, world.claims]).toEqual([[], [], { another: ['x'] }]);
  });

  test.each([
    { kind: 'rotate', state: 'failed', problems: ['token-unbound', 'image-unknown'] },
    { kind: 'offboard', state: 'planned', writes: ['disable token token-c0', 'delete token token-c0'] },
    { kind: 'check', state: 'planned', writes: [] },
  ] as const)('plans each kind of work, and names unknown clients: $kind', async ({ kind, ...expected }) => {
    const world = createRolloutWorld({ plan: { kind, dryRun: true, rows: 2 } });
    await addMember(world.world, { client: 'c0', issuedAt: new Date() });
    await world.run();
    const [known, unknown] = world.rows;
    expect({ ...known, writes: known?.writes?.slice(0, 2) }).toMatchObject(expected);
    expect(unknown).toMatchObject({ state: 'failed', code: 'problems', problems: ['client-unknown'] });
  });

  test('names the token that a row adopts, and the passwords that keep working', async () => {
    const madeAt = '2024-01-01T00:00:00.000Z';
    const world = createRolloutWorld({
      plan: { kind: 'onboard', dryRun: true, rows: 1 },
      requests: [onboarding({ client: 'c0', token: 'by-hand', scopeMap: 'their-map', adopt: true })],
    });
    const { controlPlane } = world.world;
    const actions = ['repositories/hello-world/content/read'];
    controlPlane.scopeMaps.set('their-map', { name: 'their-map', actions, description: '' });
    const slots = { password1: { value: 'theirs', createdAt: madeAt } };
    controlPlane.tokens.set('by-hand', { scopeMap: 'their-map', isEnabled: true, createdAt: madeAt, slots });
    await world.run();
    expect(world.rows[0]).toMatchObject({
      state: 'planned',
      adopts: { token: 'by-hand', slot: 'password2', keepsScopeMap: true, working: ['password1'] },
    });
  });
});
