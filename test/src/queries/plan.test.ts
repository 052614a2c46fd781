import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isConverged } from '../../../src/domain/onboarding/plan.js';
import { candidateSecretName, mainSecretName, SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import { toActions } from '@connected-registry/protocol/names/permissions';
import { CONNECTED_REGISTRY, onboarding } from '../fakes/answers/requests.js';
import { issueOrder, promoteOrder } from '../fakes/answers/orders.js';
import { LONG_AGO } from '../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

/** Brings the client to where an onboarding leaves it. */
async function onboardAll(): Promise<void> {
  const { activities, controlPlane } = world;
  const { registry, scopeMap, permissions, token } = onboarding();
  await controlPlane.createScopeMap(registry, scopeMap, {
    actions: toActions(permissions),
    description: SCOPE_MAP_MARK,
  });
  await activities.ensureToken({ vaultHost: undefined, registry, token, scopeMap });
  const issued = await activities.issueCredentials(issueOrder());
  if (issued.kind !== 'done') throw new Error('not issued');
  controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [token] });
  await activities.promote(promoteOrder(issued.value));
  world.wire.calls.length = 0;
}
const plan = (request: Readonly<Record<string, unknown>> = {}) =>
  world.queries.preflight(onboarding(request), undefined);
const steps = async (request?: Readonly<Record<string, unknown>>) =>
  (await plan(request)).writes.map(({ step, action }) => `${step}: ${action}`);

describe('the plan', () => {
  test('for a fresh client lists every write in order, and adopts nothing', async () => {
    const { token } = onboarding();
    const { writes, adopts } = await plan();
    expect(writes.map((write) => [write.step, write.action, write.resource])).toEqual([
      ['ensureScopeMap', 'create scope map', onboarding().scopeMap],
      ['ensureToken', 'create token', token],
      ['issueCredentials', 'generate password1', token],
      ['issueCredentials', 'save secret', candidateSecretName(onboarding())],
      ['bind', `add client token ${token}`, CONNECTED_REGISTRY],
      ['promote', 'save secret', mainSecretName(onboarding())],
      ['promote', 'disable secret', candidateSecretName(onboarding())],
    ]);
    expect(adopts).toEqual([]);
    expect(world.wire.writes).toEqual([]);
  });

  test('for an onboarded client is empty, adopts everything, and is converged', async () => {
    await onboardAll();
    const found = await plan();
    expect([found.problems, found.writes]).toEqual([[], []]);
    expect(found.adopts).toHaveLength(4);
    expect(isConverged(found)).toBe(true);
    expect(found.credential).toMatchObject({ kind: 'keep', stored: { slot: 'password1' } });
  });

  test('adopts the scope map and token that others made, and fills the empty slot', async () => {
    world.addToken({ password1: { createdAt: LONG_AGO } });
    const { adopts, problems } = await plan({ adopt: true });
    const adopted = `token ${onboarding().token}, which others made, as asked by adopt`;
    expect([problems, adopts]).toEqual([[], [`scope map ${onboarding().scopeMap}`, adopted]]);
    expect(await steps({ adopt: true })).toContain('issueCredentials: generate password2');
  });

  test('says when a password that still works is to be replaced', async () => {
    world = createWorld({ ALLOWED_ENDPOINTS: 'gateway:443' });
    await onboardAll();
    world.controlPlane.token(onboarding().token).slots.password2 = { value: 'foreign', createdAt: LONG_AGO };
    const request = { endpoint: 'gateway:443', replaceSlot: 'password2' };
    expect((await steps(request)).join()).toMatch(/generate password2, replacing/);
  });

  test('moves a token whose rights are to change', async () => {
    await onboardAll();
    const { scopeMap } = onboarding();
    const found = await plan({ repositories: ['samples/a'] });
    expect(found.token).toMatchObject({ exists: true, earlierScopeMap: scopeMap, held: { isMade: true } });
    expect(found.writes.map((write) => write.step).slice(0, 2)).toEqual(['ensureScopeMap', 'ensureToken']);
    expect(isConverged(found)).toBe(false);
  });

  test('binds a client again that somebody has unbound, keeps the credential, and records the new pull check', async () => {
    await onboardAll();
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [] });
    const found = await plan();
    expect(found.credential.kind).toBe('keep');
    // The exact writes: the pull check that follows is noted in the secret's tags.
    expect(found.writes.map((write) => write.step)).toEqual(['bind', 'recordVerification']);
  });

  test.each<[string, () => void]>([
    [
      'was replaced by somebody',
      () => (world.controlPlane.token(onboarding().token).slots.password1 = { value: 'x', createdAt: LONG_AGO }),
    ],
    ['is gone from the token', () => (world.controlPlane.token(onboarding().token).slots = {})],
    [
      'was cut short at the registry',
      () => {
        const { password1 } = world.controlPlane.token(onboarding().token).slots;
        if (password1) Object.assign(password1, { expiresAt: '2026-03-01T11:59:59.000Z' });
      },
    ],
    ['has expired', () => vi.setSystemTime(new Date('2027-01-01T00:00:00Z'))],
    ['was deleted from the vault', () => void world.vault.remove(mainSecretName(onboarding()))],
  ])('issues a new credential when the stored one %s', async (_, change) => {
    await onboardAll();
    change();
    expect((await plan()).credential.kind).toBe('issue');
  });

  test('issues a new credential for another endpoint', async () => {
    world = createWorld({ ALLOWED_ENDPOINTS: 'gateway:443' });
    await onboardAll();
    expect((await plan({ endpoint: 'gateway:443' })).credential).toMatchObject({ kind: 'issue', slot: 'password2' });
  });

  test('never takes a candidate that was promoted for a leftover: its password is in use', async () => {
    world = createWorld({ ALLOWED_ENDPOINTS: 'gateway:443' });
    await onboardAll();
    const [candidate] = world.vault.versionsOf(candidateSecretName(onboarding()));
    // The run died between saving the main secret and disabling the candidate.
    if (candidate) candidate.isEnabled = true;
    world.controlPlane.token(onboarding().token).slots.password2 = { value: 'foreign', createdAt: LONG_AGO };
    const found = await plan({ endpoint: 'gateway:443' });
    expect(found.problems.map((problem) => problem.code)).toEqual(['slots-in-use']);
  });

  test('takes the leftover of a run that never promoted before it gives up', async () => {
    await onboardAll();
    const { activities, vault, controlPlane } = world;
    await vault.remove(mainSecretName(onboarding()));
    await activities.issueCredentials(
      issueOrder({ slot: 'password2', run: 'lostrun', expiresOn: '2026-06-30T00:00:00.000Z' }),
    );
    controlPlane.token(onboarding().token).slots.password1 = { value: 'foreign', createdAt: LONG_AGO };
    expect((await plan()).credential).toMatchObject({
      kind: 'issue',
      slot: 'password2',
      replacesLivePassword: false,
    });
  });

  test('costs at most 12 reads, and 8 when registry and sync scope are cached', async () => {
    await plan();
    expect(world.wire.calls.length).toBeLessThanOrEqual(12);
    world.wire.calls.length = 0;
    await plan();
    expect(world.wire.calls.length).toBeLessThanOrEqual(8);
  });
});
