import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { actionsCoverAll } from '@connected-registry/protocol/names/permissions';
import type { SlotName } from '@connected-registry/protocol/registry/slots';
import { refusing } from '@connected-registry/protocol/answers/problems';
import { CONNECTED_REGISTRY, onboarding } from '../../fakes/answers/requests.js';
import { offboardIn } from '../../fakes/clients/clients.js';
import { createFlowWorld } from '../../fakes/worlds/flowWorld.js';
import { main } from '../../fakes/worlds/defaultClient.js';
import { report } from '../../fakes/worlds/onboardScript.js';
import { onboardIn } from '../../fakes/worlds/onboardWorld.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const TOKEN = 'press-1';
const READ = 'repositories/hello-world/content/read';
const LONG_AGO = '2025-01-01T00:00:00.000Z';
const PASSED = '2026-02-28T12:00:00.000Z';
const TO_COME = '2026-12-01T12:00:00.000Z';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
});
afterEach(() => vi.useRealTimers());

type Password = { readonly createdAt: string; readonly expiresAt?: string } | undefined;
interface ByHand {
  readonly passwords: Readonly<Record<SlotName, Password>>;
  readonly isEnabled: boolean;
  readonly actions: readonly string[];
  readonly isBound: boolean;
}
const PLAIN: ByHand = {
  passwords: { password1: { createdAt: LONG_AGO }, password2: undefined },
  isEnabled: true,
  actions: [READ],
  isBound: true,
};

/** A world in which somebody made a token by hand. */
function worldWith({ passwords, isEnabled, actions, isBound }: ByHand): World {
  const world = createWorld();
  const { controlPlane } = world;
  controlPlane.scopeMaps.set('their-map', { name: 'their-map', actions, description: '' });
  controlPlane.tokens.set(TOKEN, {
    scopeMap: 'their-map',
    isEnabled,
    createdAt: LONG_AGO,
    slots: Object.fromEntries(
      Object.entries(passwords).flatMap(([slot, facts]) =>
        facts ? [[slot, { value: `their-${slot}`, ...facts }]] : [],
      ),
    ),
  });
  if (isBound) controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [TOKEN] });
  return world;
}

const adopting = (request: object = {}) => ({ token: TOKEN, adopt: true, ...request });
const stateOf = ({ controlPlane }: World) =>
  structuredClone({
    token: controlPlane.token(TOKEN),
    map: controlPlane.scopeMaps.get('their-map'),
    bound: controlPlane.clientsOf(CONNECTED_REGISTRY),
  });
const rightsOf = ({ controlPlane }: World) =>
  controlPlane.scopeMaps.get(controlPlane.token(TOKEN).scopeMap)?.actions ?? [];
const working = ({ passwords }: ByHand) =>
  Object.entries(passwords)
    .filter(([, facts]) => facts && facts.expiresAt !== PASSED)
    .map(([slot]) => slot);

/** The new password works, and everything that remains is said. */
function checkAdopted(
  world: World,
  [planned, byHand]: readonly (readonly string[] | undefined)[],
  { inUse, keepsMap }: { readonly inUse: readonly string[]; readonly keepsMap: boolean },
): void {
  expect(world.controlPlane.accepts(TOKEN, world.vault.passwordIn(main) ?? '')).toBe(true);
  expect(byHand).toEqual(planned);
  const said = byHand?.join('\n') ?? '';
  for (const slot of inUse) expect(said).toContain(`${slot} of token ${TOKEN}`);
  expect(said.includes('scope map their-map')).toBe(keepsMap);
}

/** Everything is as it was, but for an expired password in the slot that the run had filled. */
function checkAsBefore(world: World, before: ReturnType<typeof stateOf>, wasRefused: boolean): void {
  const { token: after, ...others } = stateOf(world);
  const { token: earlier, ...then } = before;
  expect(others).toEqual(then);
  expect({ ...after, slots: undefined }).toEqual({ ...earlier, slots: undefined });
  const gone = Object.entries(earlier.slots).filter(([slot]) => !(slot in after.slots));
  for (const [, facts] of gone) expect(facts.expiresAt).toBe(PASSED);
  expect(gone.length).toBeLessThanOrEqual(wasRefused ? 0 : 1);
  expect(Object.keys(after.slots).length).toBe(Object.keys(earlier.slots).length - gone.length);
}

/** A device whose first password the registry loses, after which calls of the second one fail. */
function losing(world: World, method: 'store' | 'generatePassword', when: 'before' | 'after', times = 1) {
  let isLost = false;
  return () => {
    const { slots } = world.controlPlane.token(TOKEN);
    if (!isLost) {
      isLost = true;
      delete slots.password2;
      for (let nth = 0; nth < times; nth += 1) world.wire.fail(method, { when });
    }
    return report(slots.password2 === undefined ? { outcome: 'unauthorized' } : {});
  };
}

const password = fc.constantFrom<Password>(
  undefined,
  { createdAt: LONG_AGO },
  { createdAt: LONG_AGO, expiresAt: TO_COME },
  { createdAt: LONG_AGO, expiresAt: PASSED },
);
const byHand = fc.record<ByHand>({
  passwords: fc.record({ password1: password, password2: password }),
  isEnabled: fc.boolean(),
  actions: fc.constantFrom(
    [],
    [READ],
    [READ.toUpperCase().replace('REPOSITORIES/HELLO-WORLD', 'repositories/hello-world')],
    ['repositories/hello-world/content/read', 'repositories/hello-world/metadata/read'],
    ['repositories/*/content/read'],
    ['repositories/hello-world/deleted/read'],
  ),
  isBound: fc.boolean(),
});
const request = fc.record(
  {
    replaceSlot: fc.constantFrom<SlotName>('password1', 'password2'),
    scopeMap: fc.constantFrom('their-map', 'Their-Map', 'another-map'),
  },
  { requiredKeys: [] },
);

test('whatever is there, an adoption takes away neither a password that works nor a right of it', async () => {
  await fc.assert(
    fc.asyncProperty(byHand, request, fc.boolean(), async (hand, asked, succeeds) => {
      const world = worldWith(hand);
      const before = stateOf(world);
      const plan = await world.queries.preflight(onboarding(adopting(asked)), undefined);
      const codes = refusing(plan.problems).map(({ code }) => code);
      const inUse = working(hand);
      const lost = hand.actions.filter((one) => !actionsCoverAll([READ], one));
      const keepsMap = asked.scopeMap?.toLowerCase() === 'their-map';
      expect(codes.includes('slots-in-use')).toBe(inUse.length === 2);
      expect(plan.working).toEqual(inUse.length === 1 ? inUse : undefined);
      expect(codes.includes('token-disabled')).toBe(!hand.isEnabled);
      expect(codes.includes('adoption-narrows-rights')).toBe(!keepsMap && inUse.length > 0 && lost.length > 0);
      expect(codes.includes('scope-map-different')).toBe(
        keepsMap && (hand.actions.length !== 1 || lost.length > 0 || hand.actions[0]?.includes('*') === true),
      );

      const { outcome } = await onboardIn(world, {
        request: adopting(asked),
        device: () => report(succeeds ? {} : { outcome: 'digest-mismatch' }),
      });
      expect(outcome.status).toBe(codes.length === 0 && succeeds ? 'completed' : 'rolledBack');
      for (const slot of inUse)
        expect(world.controlPlane.token(TOKEN).slots[slot as SlotName]).toEqual(before.token.slots[slot as SlotName]);
      expect(world.controlPlane.token(TOKEN).isEnabled).toBe(hand.isEnabled);
      expect(stateOf(world).map).toEqual(before.map);
      const stays = hand.isBound ? [TOKEN] : [];
      expect(world.controlPlane.clientsOf(CONNECTED_REGISTRY)).toEqual(expect.arrayContaining(stays));
      const needed = inUse.length > 0 ? hand.actions : [];
      expect(needed.filter((one) => !actionsCoverAll(rightsOf(world), one))).toEqual([]);
      if (outcome.status === 'completed')
        checkAdopted(world, [plan.byHand, outcome.result?.byHand], { inUse, keepsMap });
      else checkAsBefore(world, before, codes.length > 0);
    }),
    { numRuns: 120 },
  );
}, 120_000);

describe('an adoption', () => {
  test('says what it does and what remains, and is an ordinary client afterwards', async () => {
    const world = worldWith(PLAIN);
    const asked = adopting({ scopeMap: 'their-map' });
    const plan = await world.queries.preflight(onboarding(asked), undefined);
    expect(plan.problems).toEqual([]);
    expect(plan.writes.map(({ action }) => action)).toContain('generate password2');
    expect(plan.adopts.join()).toContain(`token ${TOKEN}, which others made`);
    expect(plan.byHand?.[0]).toMatch(/^password1 of token press-1 .*still works.* --name press-1 --password1$/);
    expect((await world.queries.unmanaged.page({}, 100, undefined, undefined)).tokens).toHaveLength(1);

    const flows = createFlowWorld(world);
    const { outcome } = await onboardIn(world, { flows, request: asked });
    expect(outcome).toMatchObject({ status: 'completed', result: { scopeMap: 'their-map', byHand: plan.byHand } });
    // A list without claims may be as old as the listings that it is made from.
    vi.setSystemTime(Date.now() + 6_000);
    expect((await world.queries.unmanaged.page({}, 100, undefined, undefined)).tokens).toEqual([]);

    // The same request again needs no adoption and writes nothing, and still says what remains.
    world.wire.calls.length = 0;
    const again = await onboardIn(world, { flows, run: 'second', request: { token: TOKEN, scopeMap: 'their-map' } });
    expect([world.wire.writes, again.outcome.result?.changed, again.outcome.result?.byHand]).toEqual([
      [],
      false,
      plan.byHand,
    ]);

    // A rotation would have to overwrite the password of others, and is refused until that one is gone.
    const reference = { registry: onboarding().registry, connectedRegistry: CONNECTED_REGISTRY };
    const rotation = { ...reference, client: onboarding().client, urgent: false };
    expect((await world.queries.planRotation(rotation, undefined)).problems).toMatchObject([{ code: 'slots-in-use' }]);
    delete world.controlPlane.token(TOKEN).slots.password1;
    expect((await world.queries.planRotation(rotation, undefined)).problems).toEqual([]);
    const last = await onboardIn(world, { flows, run: 'third', request: { token: TOKEN, scopeMap: 'their-map' } });
    expect(last.outcome.result?.byHand?.join()).not.toContain('password1');
  });

  test('leaves the token and the password of others to an offboarding, which does not delete it', async () => {
    const world = worldWith(PLAIN);
    const flows = createFlowWorld(world);
    await onboardIn(world, { flows, request: adopting() });
    const { outcome } = await offboardIn(flows);
    expect(outcome.status).toBe('completed');
    expect(outcome.result?.kept.join()).toContain(`token ${TOKEN}: kept`);
    expect(world.controlPlane.token(TOKEN)).toMatchObject({
      scopeMap: 'their-map',
      isEnabled: true,
      slots: { password1: { value: 'their-password1' } },
    });
    expect(Object.keys(world.controlPlane.token(TOKEN).slots)).toEqual(['password1']);
    expect(world.controlPlane.clientsOf(CONNECTED_REGISTRY)).not.toContain(TOKEN);
  });

  test.each<[string, Partial<Record<SlotName, { createdAt: string; expiresAt?: string }>>]>([
    ['an empty slot', {}],
    ['a slot with an expired password', { password2: { createdAt: LONG_AGO, expiresAt: PASSED } }],
  ])('whose %s somebody fills between plan and action ends, and touches nothing', async (_what, more) => {
    const world = worldWith({ ...PLAIN, passwords: { ...PLAIN.passwords, password2: undefined, ...more } });
    const { outcome } = await onboardIn(world, {
      request: adopting(),
      before: (name) => {
        if (name === 'ensureToken')
          world.controlPlane.token(TOKEN).slots.password2 = {
            value: 'quick-hand',
            createdAt: '2026-03-01T11:59:59.000Z',
          };
      },
    });
    expect([outcome.status, outcome.failure?.code]).toEqual(['rolledBack', 'token-changed']);
    expect(world.controlPlane.accepts(TOKEN, 'quick-hand')).toBe(true);
    expect(world.controlPlane.accepts(TOKEN, 'their-password1')).toBe(true);
    expect(world.controlPlane.token(TOKEN).scopeMap).toBe('their-map');
  });

  test.each([1, 2, 3])('whose slot somebody fills before pull check %d ends, and keeps that password', async (nth) => {
    const world = worldWith(PLAIN);
    let checks = 0;
    const { outcome } = await onboardIn(world, {
      request: adopting(),
      device: () => {
        checks += 1;
        if (checks === nth)
          world.controlPlane.token(TOKEN).slots.password2 = {
            value: 'quick-hand',
            createdAt: '2026-03-01T12:34:56.000Z',
          };
        return report({ outcome: 'unauthorized' });
      },
    });
    expect([outcome.status, outcome.failure?.code]).toEqual(['failed', 'token-changed']);
    expect(outcome.failure?.residue.join()).toContain('password2 of token press-1: kept');
    expect(world.controlPlane.accepts(TOKEN, 'quick-hand')).toBe(true);
    expect(world.controlPlane.accepts(TOKEN, 'their-password1')).toBe(true);
  });

  test.each([
    ['ends', 1, 'token-changed'],
    ['lasts', Infinity, 'step-deadline'],
  ])(
    'whose slot somebody fills during an outage of the vault, which %s, keeps that password',
    async (_end, tries, code) => {
      const world = worldWith(PLAIN);
      let issues = 0;
      const { outcome } = await onboardIn(world, {
        request: adopting(),
        before: (name) => {
          if (name !== 'issueCredentials' || (issues += 1) > tries) return;
          world.wire.fail('newest', { when: 'before' });
          if (issues > 1) return;
          const createdAt = '2026-03-01T12:00:30.000Z';
          world.controlPlane.token(TOKEN).slots.password2 = { value: 'quick-hand', createdAt };
        },
      });
      expect([outcome.status, outcome.failure?.code]).toEqual(['failed', code]);
      expect(outcome.failure?.residue.join()).toContain('password2 of token press-1: kept');
      expect(world.controlPlane.accepts(TOKEN, 'quick-hand')).toBe(true);
      expect(world.controlPlane.accepts(TOKEN, 'their-password1')).toBe(true);
      expect(world.wire.count('generatePassword')).toBe(0);
    },
  );

  test('whose first password can never be saved clears it', async () => {
    const world = worldWith(PLAIN);
    const { outcome } = await onboardIn(world, {
      request: adopting(),
      before: (name) => {
        if (name === 'issueCredentials') world.wire.fail('store', { when: 'before' });
      },
    });
    expect([outcome.status, outcome.failure?.code, outcome.failure?.residue]).toEqual([
      'rolledBack',
      'step-deadline',
      [],
    ]);
    expect(world.wire.count('generatePassword')).toBeGreaterThan(1);
    expect(Object.keys(world.controlPlane.token(TOKEN).slots)).toEqual(['password1']);
  });

  test('issues another password where its own was wiped, and clears that one if it fails', async () => {
    const world = worldWith(PLAIN);
    let wiped = 0;
    const { outcome } = await onboardIn(world, {
      request: adopting(),
      device: () => {
        if (wiped === 0) {
          wiped += 1;
          delete world.controlPlane.token(TOKEN).slots.password2;
        }
        const isThere = world.controlPlane.token(TOKEN).slots.password2 !== undefined;
        return report({ outcome: isThere ? 'digest-mismatch' : 'unauthorized' });
      },
    });
    expect([outcome.status, outcome.failure?.residue]).toEqual(['rolledBack', []]);
    expect(world.wire.count('generatePassword')).toBe(2);
    expect(Object.keys(world.controlPlane.token(TOKEN).slots)).toEqual(['password1']);
  });

  test.each([
    ['its save failed', 'store', 'before'],
    ['its answer was lost', 'generatePassword', 'after'],
  ] as const)('whose second password is not saved, because %s, goes on with another', async (_why, method, when) => {
    const world = worldWith(PLAIN);
    const { outcome } = await onboardIn(world, { request: adopting(), device: losing(world, method, when) });
    expect(outcome.status).toBe('completed');
    expect(world.wire.count('generatePassword')).toBe(3);
    expect(world.controlPlane.accepts(TOKEN, world.vault.passwordIn(main) ?? '')).toBe(true);
    expect(world.controlPlane.accepts(TOKEN, 'their-password1')).toBe(true);
  });

  test('whose second password can never be saved clears it', async () => {
    const world = worldWith(PLAIN);
    const device = losing(world, 'store', 'before', 1_000);
    const { outcome } = await onboardIn(world, { request: adopting(), device });
    expect([outcome.status, outcome.failure?.code, outcome.failure?.residue]).toEqual([
      'rolledBack',
      'step-deadline',
      [],
    ]);
    expect(Object.keys(world.controlPlane.token(TOKEN).slots)).toEqual(['password1']);
  });

  test('whose slot somebody fills before its second password is saved ends, and keeps that password', async () => {
    const world = worldWith(PLAIN);
    let issues = 0;
    const { outcome } = await onboardIn(world, {
      request: adopting(),
      device: losing(world, 'store', 'before'),
      before: (name) => {
        if (name !== 'issueCredentials' || (issues += 1) !== 3) return;
        const createdAt = new Date().toISOString();
        world.controlPlane.token(TOKEN).slots.password2 = { value: 'quick-hand', createdAt, expiresAt: TO_COME };
      },
    });
    expect([outcome.status, outcome.failure?.code]).toEqual(['failed', 'token-changed']);
    expect(world.controlPlane.accepts(TOKEN, 'quick-hand')).toBe(true);
  });

  test('that failed is one the next time too: what the undone run has left makes the token no client’s own', async () => {
    const world = worldWith({ ...PLAIN, actions: [READ, 'repositories/hello-world/metadata/read'] });
    const flows = createFlowWorld(world);
    const wide = { repositories: { 'hello-world': ['content/read', 'metadata/read'] } };
    const device = () => report({ outcome: 'digest-mismatch' });
    const failed = await onboardIn(world, { flows, request: adopting(wide), device });
    expect(failed.outcome.status).toBe('rolledBack');
    expect((await world.queries.preflight(onboarding(adopting(wide)), undefined)).token.isAdopted).toBe(true);
    // By the record of the client, and by the tags of its deleted candidate.
    for (const held of [[], flows.record.held ?? []]) {
      const again = (more: object) =>
        world.queries.preflight(onboarding({ token: TOKEN, ...more }), undefined, { held });
      expect((await again({})).problems.map(({ code }) => code)).toEqual(['adoption-narrows-rights']);
      world.controlPlane.token(TOKEN).slots.password2 = { value: 'their-password2', createdAt: LONG_AGO };
      const both = await again({ ...wide, replaceSlot: 'password2' });
      expect(both.problems).toMatchObject([{ code: 'slots-in-use', field: 'token' }]);
      delete world.controlPlane.token(TOKEN).slots.password2;
    }
  });

  test('with both slots in use names the way out, and replaceSlot is none', async () => {
    const passwords = { password1: { createdAt: LONG_AGO }, password2: { createdAt: LONG_AGO } };
    const world = worldWith({ ...PLAIN, passwords });
    for (const more of [{}, { replaceSlot: 'password1' }]) {
      const { problems } = await world.queries.preflight(onboarding(adopting(more)), undefined);
      expect(problems).toMatchObject([{ code: 'slots-in-use', field: 'token' }]);
      expect(problems[0]?.fix).toMatch(/--name press-1 --password1\n.*--name press-1 --password2$/);
      expect(problems[0]?.fix).not.toContain('replaceSlot');
    }
  });

  test('of a token that two connected registries list is refused, and the fix cuts nobody off unasked', async () => {
    const world = worldWith(PLAIN);
    const pattern = world.controlPlane.connectedRegistries.get(CONNECTED_REGISTRY);
    if (!pattern) throw new Error('There is one.');
    world.controlPlane.connectedRegistries.set('edgetwo', {
      ...pattern,
      name: 'edgetwo',
      syncToken: 'edgetwo',
      clientTokens: [TOKEN.toUpperCase()],
    });
    const { problems } = await world.queries.preflight(onboarding(adopting()), undefined);
    expect(problems).toMatchObject([{ code: 'token-bound-elsewhere' }]);
    expect(problems[0]?.fix).toMatch(/^Give whoever uses it there a token of its own first; then: az /);
  });
});
