import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bySchedule } from '../../src/sync/schedule.js';
import { Fleet, SEEDED } from './fleet.js';

let fleet: Fleet;
beforeEach(async () => {
  fleet = await Fleet.start();
});
afterEach(() => fleet.end());

const lastSync = async (name = SEEDED) => (await fleet.resource(name)).parent?.syncProperties?.lastSyncTime;

describe('a connected registry', () => {
  test('reports its syncs, version and status details to ARM', async () => {
    const member = await fleet.join();

    expect(await lastSync()).toEqual(fleet.clock.now());

    const detail = { type: 'Critical', code: 'DiskError', description: 'the disk is full' };
    await member.control('PUT', 'status', { statusDetails: [detail] });
    await fleet.advance(60);

    const sick = await fleet.resource();

    expect(sick).toMatchObject({ version: '0.1.0', connectionState: 'Unhealthy', activation: { status: 'Active' } });
    expect(sick.statusDetails).toMatchObject([{ ...detail, timestamp: fleet.clock.now() }]);

    await member.control('PUT', 'status', { statusDetails: [] });
    await fleet.advance(60);

    const well = await fleet.resource();

    expect(well).toMatchObject({ connectionState: 'Online' });
    // As recorded, an empty list is omitted.
    expect(well.statusDetails).toBeUndefined();
  });

  test.each(['switched offline', 'cut off from the control plane'])(
    '%s becomes Offline after missed syncs, continues to serve, and recovers',
    async (how) => {
      const member = await fleet.join();
      const password = await fleet.client('reads-hello');
      await fleet.advance(60);
      const disconnect = async (isOffline: boolean) => {
        if (how === 'switched offline') await member.control('POST', 'offline', { offline: isOffline });
        else fleet.gate.cut = isOffline;
      };
      const before = await lastSync();
      await disconnect(true);
      for (let minute = 0; minute < 4; minute += 1) await fleet.advance(60);

      expect((await fleet.resource()).connectionState).toBe('Online');

      for (let minute = 0; minute < 3; minute += 1) await fleet.advance(60);
      expect((await fleet.resource()).connectionState).toBe('Offline');
      expect(await lastSync()).toEqual(before);
      expect(await fleet.pull(member, 'reads-hello', password)).toBe('pulled');

      const late = await fleet.client('bound-while-offline');
      await disconnect(false);
      await fleet.advance(60);

      expect((await fleet.resource()).connectionState).toBe('Online');
      expect(await lastSync()).toEqual(fleet.clock.now());
      expect(await fleet.pull(member, 'bound-while-offline', late)).toBe('pulled');
    },
  );

  test('that cannot save its state reports a DiskError, and serves the synced state', async () => {
    const folder = await fleet.folder();
    const member = await fleet.join(SEEDED, { folder });
    await rm(folder, { recursive: true, maxRetries: 5 });
    await writeFile(folder, 'a file where the folder was');
    const password = await fleet.client('reads-hello');
    await fleet.advance(60);

    expect(await fleet.pull(member, 'reads-hello', password)).toBe('pulled');

    await fleet.advance(60);
    expect(await fleet.resource()).toMatchObject({
      connectionState: 'Unhealthy',
      statusDetails: [{ type: 'Critical', code: 'DiskError' }],
    });

    await rm(join(folder));
    await fleet.advance(60);
    await fleet.advance(60);

    expect((await fleet.resource()).connectionState).toBe('Online');
  });

  test('that is deactivated does not sync until it has new sync credentials', async () => {
    const member = await fleet.join();
    const { cloud } = fleet;
    await fleet.advance(60);
    await cloud.arm().connectedRegistries.deactivate(cloud.group, cloud.registry, SEEDED);
    const password = await fleet.client('bound-later');
    await fleet.advance(60);

    expect(await fleet.pull(member, 'bound-later', password)).toBe(401);
    expect(member.log.join()).toContain('inactive');
    expect((await fleet.resource()).activation?.status).toBe('Inactive');

    await member.stop();
    const again = await fleet.join();

    expect(await fleet.pull(again, 'bound-later', password)).toBe('pulled');
    expect((await fleet.resource()).activation?.status).toBe('Active');
  });
});

describe('a client token', () => {
  test('that is disabled is refused after the next sync', async () => {
    const member = await fleet.join();
    const password = await fleet.client('reads-hello');
    await fleet.advance(60);
    const { cloud } = fleet;
    await cloud.arm().tokens.update(cloud.group, cloud.registry, 'reads-hello', { status: 'disabled' });

    expect(await fleet.pull(member, 'reads-hello', password)).toBe('pulled');

    await fleet.advance(60);
    expect(await fleet.pull(member, 'reads-hello', password)).toBe(401);
  });

  test('keeps its old password for the 60 seconds in which a regenerated one replicates', async () => {
    const member = await fleet.join();
    await fleet.client('another-one');
    const old = await fleet.client('rotated-one');
    await fleet.advance(60);

    expect(await fleet.pull(member, 'rotated-one', old)).toBe('pulled');

    await fleet.advance(20);
    const fresh = await fleet.password('rotated-one');
    await fleet.advance(20);
    // A later change of another token. The replicated password must still arrive.
    await fleet.password('another-one', 'password2');
    await fleet.advance(20);

    expect(await fleet.pull(member, 'rotated-one', old)).toBe('pulled');
    expect(await fleet.pull(member, 'rotated-one', fresh)).toBe(401);

    await fleet.advance(60);
    expect(await fleet.pull(member, 'rotated-one', old)).toBe(401);
    expect(await fleet.pull(member, 'rotated-one', fresh)).toBe('pulled');
  });
});

describe('a connected registry with a sync window', () => {
  test('receives changes only inside the window', async () => {
    await fleet.connect('nightly', { schedule: '0 2 * * *', syncWindow: 'PT3H' });
    const member = await fleet.join('nightly', { schedule: bySchedule });
    const activated = fleet.clock.now();

    expect(await lastSync('nightly')).toEqual(activated);

    const password = await fleet.client('reads-hello', ['nightly']);
    await fleet.advance(3600);

    expect(await lastSync('nightly')).toEqual(activated);
    expect(await fleet.pull(member, 'reads-hello', password)).toBe(401);
    expect(member.edge.nextSync()?.toISOString()).toBe('2030-01-01T02:00:00.000Z');

    await fleet.advance(3600 - 30);
    expect(await fleet.pull(member, 'reads-hello', password)).toBe('pulled');
    expect(member.edge.nextSync()?.toISOString()).toBe('2030-01-01T02:01:00.000Z');
  });

  test('becomes Offline only after a whole window without a sync', async () => {
    await fleet.connect('nightly', { schedule: '0 2 * * *', syncWindow: 'PT3H' });
    const member = await fleet.join('nightly', { schedule: bySchedule });
    await member.control('POST', 'offline', { offline: true });
    await fleet.advance(2 * 3600);

    expect((await fleet.resource('nightly')).connectionState).toBe('Online');

    await fleet.advance(3 * 3600);
    expect((await fleet.resource('nightly')).connectionState).toBe('Offline');
  });
});
