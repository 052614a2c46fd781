import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Fleet, SEEDED } from './fleet.js';
import type { Member } from './fleet.js';

const DAY = 86_400;

let fleet: Fleet;
let parent: Member;
beforeEach(async () => {
  fleet = await Fleet.start();
  parent = await fleet.join();
});
afterEach(() => fleet.end());

/** Starts a child of the seeded connected registry and a grandchild, both known to their parents. */
async function family(): Promise<{ child: Member; grandchild: Member }> {
  await fleet.connect('child', { above: [SEEDED] });
  await fleet.connect('grandchild', { above: ['child', SEEDED] });
  const passwords = [await fleet.password('child'), await fleet.password('grandchild')] as const;
  await fleet.advance(60);
  const child = await fleet.join('child', { parent, password: passwords[0] });
  const grandchild = await fleet.join('grandchild', { parent: child, password: passwords[1] });
  return { child, grandchild };
}

/** Syncs each member once. From the bottom up, a change descends one level per call. */
async function syncEach(...members: Member[]): Promise<void> {
  for (const member of members) await member.edge.uplink.sync();
}

describe('a nested connected registry', () => {
  test('gets a change one sync later than its parent', async () => {
    const { child, grandchild } = await family();
    const password = await fleet.client('everywhere', [SEEDED, 'child', 'grandchild']);
    const reached = () =>
      Promise.all([parent, child, grandchild].map((member) => fleet.pull(member, 'everywhere', password)));
    const chain = [grandchild, child, parent];
    await syncEach(...chain);

    expect(await reached()).toEqual(['pulled', 401, 401]);

    await syncEach(...chain);
    expect(await reached()).toEqual(['pulled', 'pulled', 401]);

    await syncEach(...chain);
    expect(await reached()).toEqual(['pulled', 'pulled', 'pulled']);
  });

  test('has its own clients and not those of its parent', async () => {
    const { child } = await family();
    const above = await fleet.client('parent-only', [SEEDED]);
    const below = await fleet.client('child-only', ['child']);
    await syncEach(parent, child);

    expect(await fleet.pull(parent, 'parent-only', above)).toBe('pulled');
    expect(await fleet.pull(child, 'parent-only', above)).toBe(401);
    expect(await fleet.pull(parent, 'child-only', below)).toBe(401);
    expect(await fleet.pull(child, 'child-only', below)).toBe('pulled');
  });

  test('has a repository only if every sync scope above has it', async () => {
    await fleet.repository('samples/app', 'latest');
    await fleet.connect('child', { above: [SEEDED], repositories: ['hello-world', 'samples/app'] });
    const syncPassword = await fleet.password('child');
    const actions = ['repositories/hello-world/content/read', 'repositories/samples/app/content/read'];
    const password = await fleet.client('reads-both', ['child'], actions);
    await fleet.advance(60);
    const child = await fleet.join('child', { parent, password: syncPassword });

    expect(await fleet.pull(child, 'reads-both', password)).toBe('pulled');
    expect(await fleet.pull(child, 'reads-both', password, 'samples/app')).toBe(404);

    await fleet.setActions(SEEDED, (before) => [...before, 'repositories/samples/app/content/read']);
    await syncEach(parent, child);

    expect(await fleet.pull(child, 'reads-both', password, 'samples/app')).toBe('pulled');
  });

  test('needs its gateway rights in the sync scope of every ancestor', async () => {
    await fleet.connect('child', { above: [SEEDED] });
    await fleet.setActions(SEEDED, (actions) => actions.filter((action) => action !== 'gateway/child/message/read'));
    const password = await fleet.password('child');
    await fleet.advance(10);
    // The parent collects a change that is newer than all changes of the child.
    await fleet.client('of-the-parent');
    await fleet.advance(50);

    const child = await fleet.join('child', { parent, password });

    expect(child.edge.uplink.lastSync()).toBeUndefined();
    expect(child.log.join()).toContain('401');

    await fleet.setActions(SEEDED, (actions) => [...actions, 'gateway/child/message/read']);

    await syncEach(parent, child);

    expect(child.edge.uplink.lastSync()).toEqual(fleet.clock.now());
  });

  test('is refused by the cloud, and with a wrong password by its parent', async () => {
    await fleet.connect('child', { above: [SEEDED] });
    const password = await fleet.password('child');
    await fleet.advance(60);

    const direct = await fleet.join('child', { password });

    expect(direct.log.join()).toContain('403');

    const wrong = await fleet.join('child', { parent, password: 'wrong' });
    expect(wrong.log.join()).toContain('401');
  });

  test('reports its activation, syncs, version and status to ARM through its parents', async () => {
    const { grandchild } = await family();
    const status = async () => (await fleet.resource('grandchild')).activation?.status;

    expect(await status()).toBe('Inactive');

    const syncedAt = grandchild.edge.uplink.lastSync();
    await grandchild.control('PUT', 'status', { statusDetails: [{ type: 'Warning', code: 'Slow' }] });
    await fleet.advance(60);
    await fleet.advance(60);
    await fleet.advance(60);

    const seen = await fleet.resource('grandchild');

    expect(seen).toMatchObject({
      activation: { status: 'Active' },
      connectionState: 'Online',
      version: '0.1.0',
      statusDetails: [{ code: 'Slow' }],
    });
    expect(seen.parent?.syncProperties?.lastSyncTime?.getTime()).toBeGreaterThan(syncedAt?.getTime() ?? 0);
  });

  test('syncs with a parent that is cut off from the cloud, without new changes', async () => {
    const { child } = await family();
    fleet.gate.cut = true;
    const password = await fleet.client('late-one', ['child']);
    await fleet.advance(60);

    await fleet.advance(60);

    expect(child.edge.uplink.lastSync()).toEqual(fleet.clock.now());
    expect(await fleet.pull(child, 'late-one', password)).toBe(401);

    fleet.gate.cut = false;
    await syncEach(parent, child);

    expect(await fleet.pull(child, 'late-one', password)).toBe('pulled');
  });

  test('loses a change that waited at its parent for longer than the messageTtl, until a resync', async () => {
    const { child } = await family();
    // Until the cloud knows of its activation, every sync delivers everything.
    for (let minute = 0; minute < 3; minute += 1) await fleet.advance(60);
    await child.control('POST', 'offline', { offline: true });
    const password = await fleet.client('lost-below', ['child']);
    await fleet.advance(60);
    await fleet.advance(3 * DAY);
    await child.control('POST', 'offline', { offline: false });
    await syncEach(parent, child);

    expect(await fleet.pull(child, 'lost-below', password)).toBe(401);

    const body = { registry: fleet.cloud.registry, connectedRegistry: 'child' };
    await fleet.cloud.call('POST', '/_control/resync', body);
    await syncEach(parent, child);

    expect(await fleet.pull(child, 'lost-below', password)).toBe('pulled');
  });

  test('gets a change that its parent received late, because the messageTtl counts for each level', async () => {
    const { child } = await family();
    for (let minute = 0; minute < 3; minute += 1) await fleet.advance(60);
    await parent.control('POST', 'offline', { offline: true });
    await child.control('POST', 'offline', { offline: true });
    const password = await fleet.client('late-twice', ['child']);
    await fleet.advance(1.5 * DAY);
    await parent.control('POST', 'offline', { offline: false });
    await fleet.advance(60);
    await fleet.advance(DAY);
    await child.control('POST', 'offline', { offline: false });
    await child.edge.uplink.sync();

    expect(await fleet.pull(child, 'late-twice', password)).toBe('pulled');
  });

  test('that is deactivated is refused after the next sync of its parent, until it has new credentials', async () => {
    const { child } = await family();
    await fleet.advance(60);
    await fleet.advance(60);
    const { cloud } = fleet;
    await cloud.arm().connectedRegistries.deactivate(cloud.group, cloud.registry, 'child');
    await child.edge.uplink.sync();
    await parent.edge.uplink.sync();

    await expect(child.edge.uplink.sync()).rejects.toThrow('401');

    await parent.edge.uplink.sync();
    expect((await fleet.resource('child')).activation?.status).toBe('Inactive');

    await fleet.advance(1);
    const password = await fleet.password('child');
    await fleet.advance(61);
    await child.stop();

    const again = await fleet.join('child', { parent, password });

    expect(again.edge.uplink.lastSync()).toEqual(fleet.clock.now());

    await parent.edge.uplink.sync();
    expect((await fleet.resource('child')).activation?.status).toBe('Active');
  });
});
