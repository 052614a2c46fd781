import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { IssuedCredential } from '../../../../src/activities/credentials/issueCredentials.js';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { CONNECTED_REGISTRY } from '../../fakes/answers/requests.js';
import { issueOrder, promoteOrder, PULL, reference } from '../../fakes/answers/orders.js';
import { main, scopeMap, token } from '../../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
  world.addToken();
  world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [token] });
});
afterEach(() => vi.useRealTimers());

async function issue(changes = {}): Promise<IssuedCredential> {
  const outcome = await world.activities.issueCredentials(issueOrder(changes));
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
  return outcome.value;
}

describe('recordVerification', () => {
  const record = async (changes = {}) => {
    const version = world.vault.versionsOf(main).at(-1)?.version ?? '';
    const pull = { ...PULL, verifiedAt: '2026-03-02T00:00:00.000Z' };
    const order = { vaultHost: undefined, reference: reference(), version, scopeMap, pull };
    return world.activities.recordVerification({ ...order, ...changes });
  };
  beforeEach(async () => {
    await world.activities.promote(promoteOrder(await issue()));
  });
  const tags = () => world.vault.versionsOf(main).at(-1)?.tags ?? {};

  test('records the new pull, keeps value and version, and is idempotent', async () => {
    const password = world.vault.passwordIn(main);
    expect(await record()).toMatchObject({ kind: 'done' });
    const once = tags();
    await record();
    expect(tags()).toEqual(once);
    expect(parseTags(once)?.pull?.verifiedAt).toBe('2026-03-02T00:00:00.000Z');
    expect([world.vault.passwordIn(main), world.vault.versionsOf(main).length]).toEqual([password, 1]);
  });

  test("keeps other people's tags", async () => {
    const [version] = world.vault.versionsOf(main);
    if (version) version.tags = { ...version.tags, owner: 'team-a' };
    await record();
    expect(tags()['owner']).toBe('team-a');
  });

  test('replaces the image of an earlier pull together with its digest', async () => {
    const image = `${'a/'.repeat(120)}a:${'t'.repeat(100)}`;
    await record({ pull: { ...PULL, image } });
    expect(parseTags(tags())?.pull?.image).not.toBe(PULL.image);
  });

  test('fails if the secret was changed in the meantime', async () => {
    expect(await record({ version: 'another' })).toMatchObject({ kind: 'failed', code: 'secret-changed' });
  });
});
