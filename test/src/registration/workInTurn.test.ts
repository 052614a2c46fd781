import { describe, expect, test } from 'vitest';
import { Turns } from '../../../src/azure/budget/turns.js';
import { awaitTurn, done, retryLater } from '../../../src/domain/operations/stepOutcome.js';
import type { WorksFor } from '../../../src/domain/operations/worksFor.js';
import { activityNeeds } from '../../../src/registration/activityNeeds.js';
import { binderNeeds } from '../../../src/registration/entityNeeds.js';
import { entityInTurn, workInTurn, type EngineWork } from '../../../src/registration/workInTurn.js';
import { config, CONNECTED_REGISTRY, REGISTRY } from '../fakes/answers/requests.js';

const SLOW = { ARM_WRITE_BUCKET: '1', ARM_WRITES_PER_SECOND: '1' };
const by = { operation: 'client.run', actor: 'Ada' };

function world(settings: Readonly<Record<string, string>> = SLOW) {
  const clock = { time: 0, now: () => clock.time, sleep: async (more: number) => void (clock.time += more) };
  const inTurn = workInTurn(new Turns(clock), config(settings));
  return { clock, inTurn };
}

const work = (key: string, more: Partial<EngineWork> = {}): EngineWork => ({
  key,
  by,
  input: { registry: REGISTRY },
  needs: { writes: 1 },
  ...more,
});

describe('work that the engine calls', () => {
  test('is not started before its turn, and its outcome says when that is', async () => {
    const { clock, inTurn } = world({ ARM_WRITE_BUCKET: '10', ARM_WRITES_PER_SECOND: '1' });
    let started = 0;
    const write = async () => done((started += 1));
    const urgent = work('urgent', { by: { ...by, priority: 'revocation' }, needs: { writes: 10 } });
    const outcome = await inTurn(urgent, async () => done(await inTurn(work('a'), write)));
    expect(outcome).toMatchObject({ kind: 'done', value: { kind: 'retryLater', turn: true, afterSeconds: 1.5 } });
    expect(started).toBe(0);
    clock.time += 1500;
    expect(await inTurn(work('a'), write)).toEqual(done(1));
  });

  test('that a service has refused for its rate is given the time of its next turn, no earlier than the service asks', async () => {
    const { inTurn } = world();
    const refused = await inTurn(work('a'), async () => awaitTurn('throttled', 60));
    expect(refused).toEqual({ kind: 'retryLater', reason: 'throttled', turn: true, afterSeconds: 60 });
    expect(await inTurn(work('a', { needs: {} }), async () => awaitTurn('throttled', 7))).toMatchObject({
      afterSeconds: 7,
    });
  });

  test('with another reason to repeat keeps its outcome', async () => {
    const { inTurn } = world();
    const busy = retryLater('waiting for another operation');
    expect(await inTurn(work('a'), async () => busy)).toBe(busy);
  });

  test('that calls no service has no turn to wait for', async () => {
    const { inTurn, clock } = world();
    for (let nth = 0; nth < 10; nth += 1)
      expect(await inTurn(work('a', { needs: activityNeeds('endRun', {}) }), async () => done(nth))).toEqual(done(nth));
    expect(clock.time).toBe(0);
  });

  test('takes tokens of the subscription of its registry', async () => {
    const other = '/subscriptions/other/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/elsewhere';
    const { inTurn } = world({ ...SLOW, REGISTRIES: `${config().registries.map(idOf).join()},${other}` });
    const order = (registry: string) => work(registry, { input: { reference: { registry } }, needs: { writes: 1 } });
    const held = inTurn(order(REGISTRY), async () => inTurn(order('elsewhere'), async () => done('both')));
    expect(await held).toEqual(done('both'));
  });
});

describe('work about the vault', () => {
  const VAULT = (subscription: string) => ({
    KEY_VAULT_RESOURCE_ID: `/subscriptions/${subscription}/resourceGroups/g/providers/Microsoft.KeyVault/vaults/edge-vault`,
  });
  const [{ subscriptionId }] = config().registries;
  const grant = { needs: activityNeeds('grantAccess', { secrets: ['a'] }) };

  test('takes tokens of the vault’s subscription', async () => {
    const elsewhere = world({ ...SLOW, ...VAULT('00000000-0000-0000-0000-000000000009') });
    const both = elsewhere.inTurn(work('a'), async () => elsewhere.inTurn(work('b', grant), async () => done('both')));
    expect(await both).toEqual(done('both'));
    expect(elsewhere.clock.time).toBe(0);

    const same = world({ ...SLOW, ...VAULT(subscriptionId) });
    await same.inTurn(work('a'), async () => same.inTurn(work('b', grant), async () => done('both')));
    expect(same.clock.time).toBeGreaterThan(0);
  });

  test('needs a write for each secret, and is bound to no registry', () => {
    expect(activityNeeds('grantAccess', { secrets: ['a', 'b'] })).toEqual({ of: 'vault', writes: 2 });
    expect(activityNeeds('withdrawAccess', {})).toEqual({ of: 'vault', reads: 2, deletes: 2 });
    expect(activityNeeds('grantAccess', { secrets: ['a'], onlyLacking: true })).toEqual({ of: 'vault', reads: 1 });
  });
});

test('needs follow the input where the number of writes does', () => {
  expect(activityNeeds('disableTokens', { registry: REGISTRY, tokens: ['a', 'b'] })).toEqual({ reads: 2, writes: 2 });
  expect(activityNeeds('ensureToken', {})).toEqual({ reads: 2, writes: 1 });
  expect(activityNeeds('no such activity', {})).toEqual({});
});

describe('a binder', () => {
  const request = {
    registry: REGISTRY,
    connectedRegistry: CONNECTED_REGISTRY,
    token: 'a-token',
    run: 'run',
    deadline: '2030-01-01T00:00:00.000Z',
    by: by satisfies WorksFor['by'],
  };
  const open = { bindingRequests: [{ ...request, state: 'open' as const }], unbindings: [] };
  const bound = { bindingRequests: [{ ...request, state: 'bound' as const }], unbindings: [] };

  test('needs a turn only to read and write the list', () => {
    expect(binderNeeds('ensure', request, open)).toEqual({ reads: 2, writes: 1 });
    expect(binderNeeds('ensureAgain', request, bound)).toEqual({ reads: 2, writes: 1 });
    expect(binderNeeds('ensureUnbound', request, { ...open, unbindings: [request] })).toEqual({ reads: 2, writes: 1 });
    for (const operation of ['request', 'complete', 'unbind', 'forceUnbind', 'ensureUnbound'] as const)
      expect(binderNeeds(operation, request, open)).toEqual({});
    expect(binderNeeds('ensure', request, bound)).toEqual({});
  });

  test('shares one reservation between the runs that wait for it', async () => {
    const { inTurn } = world({ ARM_WRITE_BUCKET: '100', ARM_WRITES_PER_SECOND: '1' });
    const binder = entityInTurn(inTurn, binderNeeds);
    // All tokens but those for more urgent work are held.
    const outcomes = await inTurn(
      work('all', { by: { ...by, priority: 'revocation' }, needs: { writes: 98 } }),
      async () => {
        const seconds: unknown[] = [];
        for (let nth = 0; nth < 5; nth += 1) {
          const call = { entity: 'binder one', operation: 'ensure' as const, request, state: open };
          const outcome = await binder(call, async () => done({}));
          seconds.push(outcome.kind === 'retryLater' ? outcome.afterSeconds : outcome.kind);
        }
        return done(seconds);
      },
    );
    expect(outcomes).toMatchObject({ kind: 'done' });
    const value = outcomes.kind === 'done' ? (outcomes.value as readonly unknown[]) : [];
    expect(new Set(value).size).toBe(1);
    expect(value[0]).toBeGreaterThan(1);
  });
});

function idOf({ subscriptionId, resourceGroup, name }: ReturnType<typeof config>['registries'][number]): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${name}`;
}
