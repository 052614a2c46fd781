import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import { formatTags, parseTags } from '@connected-registry/protocol/names/secretTags';
import { offboardIn, revokeIn } from '../fakes/clients/clients.js';
import { createFlowWorld, type FlowWorld } from '../fakes/worlds/flowWorld.js';
import { report } from '../fakes/worlds/onboardScript.js';
import { onboardIn } from '../fakes/worlds/onboardWorld.js';
import { reference } from '../fakes/answers/orders.js';
import { CONNECTED_REGISTRY, onboarding, REGISTRY } from '../fakes/answers/requests.js';
import { candidate, LONG_AGO, main, scopeMap, token } from '../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

const THEIR_MAP = 'their-map';
const OTHER = { registry: REGISTRY, connectedRegistry: CONNECTED_REGISTRY, client: 'another' };

let world: World;
let flows: FlowWorld;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
  flows = createFlowWorld(world);
});
afterEach(() => vi.useRealTimers());

/** A token that others made, with another scope map and a password of theirs. */
function addTheirs(): void {
  world.addToken({ password1: { createdAt: LONG_AGO } }).scopeMap = THEIR_MAP;
  world.controlPlane.scopeMaps.clear();
  world.controlPlane.scopeMaps.set(THEIR_MAP, { name: THEIR_MAP, actions: [], description: 'theirs' });
  const sync = ['repositories/hello-world/content/read', 'repositories/hello-world/metadata/read'];
  const map = { name: CONNECTED_REGISTRY, actions: sync, description: '' };
  world.controlPlane.scopeMaps.set(CONNECTED_REGISTRY, map);
}
const theirs = () => {
  const { scopeMap: map, isEnabled, slots } = world.controlPlane.token(token);
  return [map, isEnabled, Object.values(slots).map(({ value }) => value)];
};
const AS_BEFORE = [THEIR_MAP, true, ['foreign-password1']];
const adopting = (options: Parameters<typeof onboardIn>[1] = {}) =>
  onboardIn(world, { flows, ...options, request: { adopt: true, ...options.request } });
const forgetSecrets = () => [main, candidate].forEach((name) => world.vault.secrets.delete(name));

describe('a token that others created', () => {
  beforeEach(addTheirs);

  test('is refused without adopt, and nothing is written or claimed', async () => {
    const { outcome } = await onboardIn(world, { flows });
    const codes = outcome.failure?.problems?.map(({ code }) => code);
    expect([outcome.status, codes, world.wire.writes]).toEqual(['rolledBack', ['token-not-adopted'], []]);
    expect([flows.record, flows.claims.ownerOf(token)]).toEqual([{}, undefined]);
  });

  test('is adopted with it, and its scope map is recorded in the tags and in the client record', async () => {
    const { outcome } = await adopting();
    expect(outcome.status).toBe('completed');

    const made = { token: false, foundScopeMap: THEIR_MAP };

    expect(parseTags(world.vault.versionsOf(main).at(-1)?.tags ?? {})?.made).toMatchObject(made);
    expect(flows.record.held).toMatchObject([{ token, isMade: false, foundScopeMap: THEIR_MAP, scopeMap }]);
    expect(flows.claims.ownerOf(token)).toEqual(reference());

    // From then on it is the client's: the same request again needs no adopt, and changes nothing.
    world.wire.calls.length = 0;
    const again = await onboardIn(world, { flows, run: 'again' });
    expect([again.outcome.status, world.wire.writes]).toEqual(['completed', []]);
  });

  test('keeps its first scope map on record when it is moved again', async () => {
    await adopting();
    await onboardIn(world, { flows, run: 'moved', request: { repositories: ['samples/a'], image: 'samples/a:1' } });
    world.controlPlane.scopeMaps.get(CONNECTED_REGISTRY);

    expect(flows.record.held).toMatchObject([{ foundScopeMap: THEIR_MAP }]);

    await offboardIn(flows);
    expect(theirs()[0]).toBe(THEIR_MAP);
  });

  test.each<[string, () => unknown]>([
    ['all is there', () => undefined],
    ['its record is lost', () => flows.ask('forget', { by: { operation: 'o', actor: 'a' } })],
    ['its secrets are purged', forgetSecrets],
  ])('is as it was before after an offboarding where %s', async (_, change) => {
    await adopting();
    await change();

    const { outcome } = await offboardIn(flows);

    expect(outcome.status).toBe('completed');
    expect(theirs().slice(0, 2)).toEqual(AS_BEFORE.slice(0, 2));
    expect(world.controlPlane.clientsOf(CONNECTED_REGISTRY)).toEqual([]);
    expect([world.controlPlane.scopeMaps.has(scopeMap), flows.claims.ownerOf(token)]).toEqual([false, undefined]);
  });

  test('whose client’s secrets are purged: the dry run and the result report that its passwords are unknown', async () => {
    await adopting();
    forgetSecrets();
    const ours = Object.entries(world.controlPlane.token(token).slots).find(
      ([, { createdAt }]) => createdAt > LONG_AGO,
    );
    const [slot = '-', filled] = ours ?? [];
    const dry = await world.queries.offboardingDryRun(reference(), undefined, flows.record);

    const { outcome } = await offboardIn(flows);
    for (const said of [dry.adopts.join(), outcome.result?.kept.join() ?? '']) {
      expect(said).toContain(
        `its ${slot} (created ${filled?.createdAt ?? '-'}) still works, because no secret shows whether this app issued it`,
      );
      expect(said).not.toContain("this app's passwords were cleared");
      // The one that was there before it was adopted is not ours, which is known.
      expect(said).not.toContain(LONG_AGO);
    }

    expect(outcome.status).toBe('completed');
  });

  test('that holds only passwords from before its adoption holds none of ours, purged or not', async () => {
    await adopting();
    forgetSecrets();
    const { slots } = world.controlPlane.token(token);
    for (const [slot, { createdAt }] of Object.entries(slots))
      if (createdAt > LONG_AGO) delete slots[slot as keyof typeof slots];

    expect((await offboardIn(flows)).outcome.result?.kept.join()).toContain("this app's passwords were cleared");
  });

  test('is as it was before after an undo, of which no record is left', async () => {
    const { outcome } = await adopting({ device: () => report({ outcome: 'digest-mismatch' }) });
    expect([outcome.status, outcome.failure?.residue, theirs()]).toEqual(['rolledBack', [], AS_BEFORE]);
    expect([flows.record.held, flows.claims.ownerOf(token)]).toEqual([undefined, undefined]);
  });

  test('keeps our map if its own is gone: an undo reports it as residue, an offboarding as kept', async () => {
    const gone = () => world.controlPlane.scopeMaps.delete(THEIR_MAP);
    const device = () => {
      gone();
      return report({ outcome: 'digest-mismatch' });
    };
    const said = `token ${token}: keeps scope map ${scopeMap}, because its original scope map ${THEIR_MAP} no longer exists`;

    const undone = await adopting({ device });

    expect([undone.outcome.status, undone.outcome.failure?.residue]).toEqual([
      'failed',
      expect.arrayContaining([said]),
    ]);

    addTheirs();
    await adopting({ run: 'second' });
    gone();
    const { outcome } = await offboardIn(flows);

    expect(outcome).toMatchObject({ status: 'completed', result: { kept: expect.arrayContaining([said]) as unknown } });
  });

  test('that is deleted and created again between plan and action is not adopted', async () => {
    const { outcome } = await adopting({
      before: (name) => {
        if (name === 'ensureToken') world.controlPlane.token(token).createdAt = '2026-03-01T11:59:59.000Z';
      },
    });
    expect([outcome.failure?.code, theirs()]).toEqual(['token-changed', AS_BEFORE]);
  });
});

describe('a token that another client uses', () => {
  const tagsFor = (slotCreatedAt: string) =>
    formatTags({
      ...OTHER,
      token,
      scopeMap: THEIR_MAP,
      slot: 'password1',
      expiresOn: '2026-06-01T00:00:00.000Z',
      issued: { run: 'r', attempt: 1, slotCreatedAt },
      made: { scopeMap: false, token: true },
    });
  const storeOthers = (slotCreatedAt = LONG_AGO) =>
    world.vault.store('another-secret', '{}', { expiresOn: LONG_AGO, tags: tagsFor(slotCreatedAt) });
  const storeUnder = async (name: string, slotCreatedAt = LONG_AGO) =>
    world.vault.store(name, '{}', { expiresOn: LONG_AGO, tags: tagsFor(slotCreatedAt) });
  const otherMain = () => onboarding({ client: OTHER.client });

  test.each(['main', 'candidate', 'disabled'])('by its %s secret is refused, with or without adopt', async (which) => {
    addTheirs();
    const { mainSecretName, candidateSecretName } = await import('@connected-registry/protocol/names/names');
    const name = which === 'candidate' ? candidateSecretName(otherMain()) : mainSecretName(otherMain());
    const stored = await storeUnder(name);
    if (which === 'disabled') await world.vault.disable(stored);

    for (const request of [{}, { adopt: true }]) {
      const { outcome } = await onboardIn(world, { flows, run: `run-${JSON.stringify(request).length}`, request });
      expect(outcome.failure?.problems?.map(({ code }) => code)).toEqual(['token-of-another-client']);
      expect(outcome.failure?.message).toContain('another');
    }

    expect([world.wire.writes.filter((write) => write.includes('oken')), theirs()]).toEqual([[], AS_BEFORE]);
  });

  test('is free once that client’s secrets name another token', async () => {
    addTheirs();
    // Its name leads to no secret of that client: what the listing has shown is not confirmed.
    await storeOthers();
    expect((await adopting()).outcome.status).toBe('completed');
  });

  test('by its client record only is refused in the run: one of two concurrent runs gets it', async () => {
    await flows.claims.request('claim', { token, client: OTHER, by: { operation: 'o', actor: 'a' } });
    const { outcome } = await onboardIn(world, { flows });

    expect([outcome.status, outcome.failure?.problems?.map(({ code }) => code)]).toEqual([
      'rolledBack',
      ['token-of-another-client'],
    ]);
    expect([world.wire.writes, flows.claims.ownerOf(token)]).toEqual([[], OTHER]);
  });

  describe('besides this one, by manual changes', () => {
    const THEIR_PASSWORD = '2026-03-01T12:30:00.000Z';
    const share = async (theirPassword = THEIR_PASSWORD) => {
      await onboardIn(world, { flows });
      const slots = world.controlPlane.token(token).slots;
      slots.password2 = { value: 'theirs', createdAt: THEIR_PASSWORD };
      const { mainSecretName } = await import('@connected-registry/protocol/names/names');
      await storeUnder(mainSecretName(otherMain()), theirPassword);
      // What is known of the listing may be half a minute old.
      vi.setSystemTime(new Date('2026-03-01T13:00:00Z'));
      world.wire.calls.length = 0;
    };

    test('stays enabled by a revocation, which empties only the client’s slot and reports that', async () => {
      await share();
      const { outcome } = await revokeIn(flows);

      expect(outcome.status).toBe('completed');
      expect(outcome.result?.disabled).toEqual(
        expect.arrayContaining([`password of token ${token}`, `secret ${main}`]),
      );
      expect(outcome.result?.kept?.join()).toContain('another of');

      const { isEnabled, slots } = world.controlPlane.token(token);
      expect([isEnabled, Object.keys(slots)]).toEqual([true, ['password2']]);
      expect(flows.record.disabled).toBeUndefined();
    });

    test('makes a revocation fail if both have one password, and the failure names the other client to revoke', async () => {
      await share();
      const ours = world.controlPlane.token(token).slots.password1?.createdAt ?? '';
      const { mainSecretName } = await import('@connected-registry/protocol/names/names');
      await storeUnder(mainSecretName(otherMain()), ours);

      const { outcome } = await revokeIn(flows);

      expect(outcome).toMatchObject({ status: 'failed', failure: { code: 'token-of-another-client' } });
      expect(outcome.failure?.residue.join()).toContain('has the same password');
      expect(world.controlPlane.token(token).isEnabled).toBe(true);
    });

    test('is disabled if its other users are unknown, and that is reported', async () => {
      await share();
      world.wire.fail('page', { when: 'before', kind: 'forbidden', times: 20 });

      const { outcome } = await revokeIn(flows);

      expect(world.controlPlane.token(token).isEnabled).toBe(false);
      expect(outcome.status).toBe('failed');
      expect(outcome.failure?.residue.join()).toContain('page');
    });

    test('stays bound and keeps existing after an offboarding, without the client’s password', async () => {
      await share();
      const dry = await world.queries.offboardingDryRun(reference(), undefined);

      expect([JSON.stringify(dry.writes).includes('delete token'), dry.adopts.join()]).toEqual([
        false,
        expect.stringContaining('another of'),
      ]);

      const { outcome } = await offboardIn(flows);

      expect([outcome.status, outcome.result?.kept.join()]).toEqual([
        'completed',
        expect.stringContaining('another of'),
      ]);
      expect(Object.keys(world.controlPlane.token(token).slots)).toEqual(['password2']);
      expect(world.controlPlane.clientsOf(CONNECTED_REGISTRY)).toContain(token);
    });

    test('is not rotated', async () => {
      await share();
      const { problems } = await world.queries.planRotation({ ...reference(), urgent: true }, undefined);
      expect(problems.map(({ code }) => code)).toEqual(['token-of-another-client']);
    });

    test('is reported by a check and by the inventory', async () => {
      await share();
      const { findings } = await world.queries.check.clients([reference()]);

      expect(findings[0]?.differences).toEqual(
        expect.arrayContaining([{ code: 'token-shared', found: `another of ${CONNECTED_REGISTRY}` }]),
      );
      expect(JSON.stringify(await world.queries.inventory.client(main, world.ports.vaults.hosts[0]))).toContain(
        'token-shared',
      );
    });
  });
});

describe('a token that only its name connects to the client', () => {
  test.each<[string, string, boolean]>([
    ['with our mark', SCOPE_MAP_MARK, false],
    ['without it', 'theirs', true],
  ])('%s is kept by an offboarding, and a revocation reports what it did', async (_, description, stays) => {
    const { scopeMap: map } = world.addToken();
    const found = world.controlPlane.scopeMaps.get(map);
    if (found) world.controlPlane.scopeMaps.set(map, { ...found, description });

    const left = await offboardIn(flows);

    expect(left.outcome.result?.kept.join()).toContain('neither a secret nor the client');
    expect(world.wire.writes).toEqual([]);

    const { outcome } = await revokeIn(flows);
    expect([outcome.status, world.controlPlane.token(token).isEnabled]).toEqual(['completed', stays]);
    expect(outcome.result?.kept?.join().includes('neither a secret') ?? false).toBe(stays);
  });
});

describe('a revocation', () => {
  test('of an unknown client does not look like success', async () => {
    const { outcome } = await revokeIn(flows);
    expect(outcome).toMatchObject({ status: 'failed', failure: { code: 'client-unknown', residue: [], disabled: [] } });
    expect(outcome.failure?.message).toContain('No client has a similar name.');
  });

  test('disables what it finds although the vault is unreadable, and lists what it could not check', async () => {
    await onboardIn(world, { flows });
    world.wire.fail('versions', { when: 'before', kind: 'forbidden', times: 40 });

    const { outcome } = await revokeIn(flows);

    expect(world.controlPlane.token(token).isEnabled).toBe(false);
    expect(outcome).toMatchObject({ status: 'failed', failure: { code: 'service-forbidden' } });
    expect(outcome.failure?.residue.join()).toContain('what the client has');
    expect(outcome.failure?.residue).toContainEqual(expect.stringContaining(`unknown: secret ${main}`));
    expect(outcome.failure?.disabled).toEqual([`token ${token}`]);
  });
});
