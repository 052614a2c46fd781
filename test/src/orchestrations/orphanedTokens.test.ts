import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { offboardIn, revokeIn } from '../fakes/clients/clients.js';
import { createFlowWorld, type FlowWorld } from '../fakes/worlds/flowWorld.js';
import { report } from '../fakes/worlds/onboardScript.js';
import { onboardIn } from '../fakes/worlds/onboardWorld.js';
import { CONNECTED_REGISTRY, onboarding } from '../fakes/answers/requests.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

/** Not the name that a client's token has by default, by which it would be found. */
const token = 'a-name-of-its-own';
const { scopeMap } = onboarding();

let world: World;
let flows: FlowWorld;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
  flows = createFlowWorld(world);
});
afterEach(() => vi.useRealTimers());

const hasToken = () => world.controlPlane.tokens.has(token);
const onboardAgain = (run: string) => {
  const requestedAt = new Date(Date.now() + 1000).toISOString();
  return onboardIn(world, { flows, request: { token }, run, requestedAt });
};

/** An onboarding that is revoked when it has made its token, and has put no password anywhere yet. */
async function revokedEarly(): Promise<void> {
  world.wire.fail('generatePassword', { when: 'before', kind: 'forbidden' });
  const { outcome } = await onboardIn(world, {
    flows,
    request: { token },
    before: async (name) => {
      if (name === 'issueCredentials') await flows.ask('revoke', markNow());
    },
  });
  expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'revoked' } });
  expect(outcome.failure?.kept.join()).toContain(`token ${token}: what a revoked client had is kept for inspection`);
  expect([hasToken(), [...world.vault.secrets.keys()]]).toEqual([true, []]);
}

/** A revocation's request, whose disabling counts as lost at once, so that later runs need not wait for it. */
const markNow = () => {
  const at = new Date().toISOString();
  return { at, until: at, by: { operation: 'the-revocation', actor: 'Ada' } };
};

describe('a token that a revoked run created, and that no secret names', () => {
  test('is disabled by the next revocation', async () => {
    await revokedEarly();
    await revokeIn(flows);
    expect(world.controlPlane.token(token).isEnabled).toBe(false);
  });

  test('is removed by an offboarding, with its scope map, and then forgotten', async () => {
    await revokedEarly();
    const { outcome } = await offboardIn(flows);
    expect(outcome.result?.removed).toEqual([`token ${token}`, `scope map ${scopeMap}`]);
    expect([hasToken(), world.controlPlane.scopeMaps.has(scopeMap)]).toEqual([false, false]);
    expect(flows.record.orphaned).toBeUndefined();
  });

  test('belongs to us if an onboarding has cleared the revocation since', async () => {
    await revokedEarly();
    await revokeIn(flows);
    vi.setSystemTime(new Date(Date.now() + 3600_000));

    expect((await onboardAgain('again')).outcome.status).toBe('completed');

    await offboardIn(flows);
    expect(hasToken()).toBe(false);
  });

  test.each([
    ['was made later, by somebody else', { createdAt: '2026-03-02T12:00:00.000Z' }],
    ['was made before, by somebody else', { createdAt: '2026-02-01T12:00:00.000Z' }],
    ['has been given other rights', { scopeMap: 'a-map-of-others' }],
  ])('is not confused with one of the same name that %s', async (_, change) => {
    await revokedEarly();
    Object.assign(world.controlPlane.token(token), change);
    await revokeIn(flows);
    await offboardIn(flows);
    expect([hasToken(), world.controlPlane.token(token).isEnabled]).toEqual([true, true]);
  });
});

test('a token whose removal failed is found by a later offboarding', async () => {
  world.wire.fail('generatePassword', { when: 'before', kind: 'forbidden' });
  world.wire.fail('deleteToken', { when: 'before', kind: 'forbidden' });

  const { outcome } = await onboardIn(world, { flows, request: { token } });

  expect([outcome.status, hasToken()]).toEqual(['failed', true]);

  await offboardIn(flows);
  expect(hasToken()).toBe(false);
});

test('a token that others bind before an undo deletes it is unbound again', async () => {
  let restored = false;
  const { outcome } = await onboardIn(world, {
    flows,
    request: { token },
    device: () => report({ outcome: 'digest-mismatch' }),
    before: (name) => {
      if (name !== 'removeToken' || restored) return;
      restored = true;
      world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [token] });
    },
  });

  expect([outcome.status, hasToken(), restored]).toEqual(['rolledBack', false, true]);
});

test('a token that an undo removed is not remembered', async () => {
  world.wire.fail('generatePassword', { when: 'before', kind: 'forbidden' });
  await onboardIn(world, { flows, request: { token } });
  expect([hasToken(), flows.record.orphaned]).toEqual([false, undefined]);
});
