import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { fakeClient, FleetApp, type FakeClient } from '../fakes/fleetApp.js';
import { fleetFolder, fleetText, REGISTRY } from './commands.js';

/* What the file does not name stays as it is, also where the service has names that no request may have. */

const PLANT = 'plant7registry';
const reference = (client: string) => ({ registry: REGISTRY, connectedRegistry: PLANT, client });
const SYSTEM_MAP = '_repositories_pull';

const clientWith = (client: string, more: Partial<FakeClient>): FakeClient => ({
  ...fakeClient(reference(client)),
  ...more,
});

describe('a client to repair that has a name which no request may have', () => {
  const fleet = (fault: Partial<FakeClient>) =>
    new FleetApp([clientWith('odd', { ...fault, state: 'expired' }), clientWith('other', { state: 'expired' })]);

  test.each<[string, Partial<FakeClient>]>([
    ['scopeMap', { scopeMap: SYSTEM_MAP }],
    ['token', { token: 'their_token' }],
    ['endpoint', { endpoint: 'edge:99999' }],
  ])('%s is not changed, with the reason, and others are', async (field, fault) => {
    const app = fleet(fault);
    const before = app.clients.get(clientKey(reference('odd')));
    const { crctl } = fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients: ['odd', 'other'] } }) });
    for (const flags of [[], ['--quick']]) {
      const plan = await crctl('plan', 'fleet.yaml', ...flags, '--out', 'plan.json', '--detailed-exitcode');
      expect(plan.code, plan.err).toBe(2);
      expect(plan.out).toMatch(
        new RegExp(
          `^\\? myregistry/plant7registry/odd\\n    is expired\\n    ${field}: no request may name \\S+, so`,
          'm',
        ),
      );
    }
    expect(await crctl('apply', 'plan.json')).toMatchObject({ code: 0 });
    expect(app.clients.get(clientKey(reference('odd')))).toEqual(before);
    expect(app.clients.get(clientKey(reference('other')))).toMatchObject({ state: 'ok' });
    // What cannot be repaired is no success where the code is to say whether all is well.
    expect(await crctl('plan', 'fleet.yaml', '--detailed-exitcode')).toMatchObject({ code: 1 });
  });

  test('is repaired with the name that the file gives it', async () => {
    const app = fleet({ scopeMap: SYSTEM_MAP });
    const clients = [{ client: 'odd', scopeMap: 'some-map' }];
    const { crctl } = fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients } }) });
    expect(await crctl('apply', 'fleet.yaml', '--yes')).toMatchObject({ code: 0 });
    expect(app.clients.get(clientKey(reference('odd')))).toMatchObject({ scopeMap: 'some-map', state: 'ok' });
  });
});

test('a plan of what was exported is accepted, also if clients with such names are not in order', async () => {
  const app = new FleetApp([
    clientWith('odd', { scopeMap: SYSTEM_MAP, state: 'unbound', differences: [{ code: 'binding-missing' }] }),
    clientWith('other', { state: 'drifted', differences: [{ code: 'password-replaced' }] }),
    clientWith('third', { scopeMap: SYSTEM_MAP }),
  ]);
  const { crctl, put } = fleetFolder(app);
  put('fleet.yaml', (await crctl('export')).out);
  const plan = await crctl('plan', 'fleet.yaml', '--out', 'plan.json');
  expect([plan.code, plan.out]).toEqual([
    0,
    expect.stringContaining('0 to add, 1 to change, 0 to remove, 1 equal, 1 unknown'),
  ]);
  expect(await crctl('apply', 'plan.json')).toMatchObject({ code: 0 });
  expect(app.started).toMatchObject([{ clients: [{ client: 'other' }] }]);
});

test('a plan that apply would not read is not written, and not recommended', async () => {
  const app = new FleetApp([clientWith('press-1', { client: 'press 1' })]);
  const { crctl, world } = fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients: ['press-2'] } }) });
  const { code, out, err } = await crctl('plan', 'fleet.yaml', '--quick', '--out', 'plan.json');
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain('plan.json is not written: crctl apply would refuse the plan.\n  clients.1.client: ');
  expect(err).not.toContain('Carry it out with');
  expect(existsSync(join(world.cwd, 'plan.json'))).toBe(false);
});
