import { describe, expect, test } from 'vitest';
import { fakeClient, FleetApp } from '../fakes/fleetApp.js';
import { fleetFolder, fleetText, REGISTRY } from './commands.js';

const PLANT = 'plant7registry';
const reference = (client: string) => ({ registry: REGISTRY, connectedRegistry: PLANT, client });

/** An entry of a kept plan, as far as a test changes it. */
interface Entry {
  readonly client: string;
  readonly row?: { readonly client: string };
}

describe('a kept plan', () => {
  const text = fleetText({ [PLANT]: { clients: ['press-1', 'press-2'] } });

  test('is carried out without another question, and once', async () => {
    const app = new FleetApp([fakeClient(reference('press-1'))]);
    const { crctl } = fleetFolder(app, { 'fleet.yaml': text });
    await crctl('plan', 'fleet.yaml', '--out', 'plan.json');
    expect(await crctl('apply', 'plan.json')).toMatchObject({ code: 0 });
    const again = await crctl('apply', 'plan.json');
    expect(again.code).toBe(4);
    expect(again.err).toContain('press-2 is new');
    expect(app.started).toHaveLength(1);
  });

  test.each<[string, (app: FleetApp) => void, string]>([
    ['a client is gone', (app) => app.clients.clear(), 'press-1 is gone'],
    [
      'a client has changed',
      (app) => app.put({ ...fakeClient(reference('press-1')), state: 'revoked' }),
      'press-1 has changed',
    ],
    ['a client came that the file does not have', (app) => app.put(fakeClient(reference('oven'))), 'oven is new'],
  ])('is refused when %s', async (_what, move, reason) => {
    const app = new FleetApp([fakeClient(reference('press-1'))]);
    const { crctl } = fleetFolder(app, { 'fleet.yaml': text });
    await crctl('plan', 'fleet.yaml', '--out', 'plan.json');
    move(app);
    const { code, err } = await crctl('apply', 'plan.json', '--yes');
    expect(code).toBe(4);
    expect(err).toContain(reason);
    expect(app.started).toEqual([]);
  });

  test('holds when time passes: a credential that is now about to expire is no change', async () => {
    const app = new FleetApp([fakeClient(reference('press-1'))]);
    const { crctl } = fleetFolder(app, { 'fleet.yaml': text });
    await crctl('plan', 'fleet.yaml', '--out', 'plan.json');
    app.put({ ...fakeClient(reference('press-1')), state: 'expiring' });
    expect(await crctl('apply', 'plan.json')).toMatchObject({ code: 0 });
  });

  test('is refused for another app', async () => {
    const { crctl } = fleetFolder(new FleetApp(), { 'fleet.yaml': text });
    await crctl('plan', 'fleet.yaml', '--out', 'plan.json');
    const { code, err } = await crctl('apply', 'plan.json', '--url', 'https://other.example.org');
    expect(code).toBe(4);
    expect(err).toContain('The plan is for https://app.example.org');
  });

  test('is refused where somebody has taken a client out of it', async () => {
    const app = new FleetApp();
    const { crctl, put } = fleetFolder(app, { 'fleet.yaml': text });
    const { out } = await crctl('plan', 'fleet.yaml', '-o', 'json');
    const made = JSON.parse(out) as { clients: unknown[] };
    put('plan.json', JSON.stringify({ ...made, clients: made.clients.slice(1) }));
    const { code, err } = await crctl('apply', 'plan.json', '--yes');
    expect(code).toBe(2);
    expect(err).toContain('does not have the clients that its plan saw');
    expect(app.started).toEqual([]);
  });

  test.each<[string, (entry: Entry) => object]>([
    ['its row is about another client', (entry) => ({ row: { ...entry.row, client: 'press-9' } })],
    ['its row is about another connected registry', (entry) => ({ row: { ...entry.row, connectedRegistry: 'other' } })],
    ['its row is about another registry', (entry) => ({ row: { ...entry.row, registry: 'otherregistry' } })],
    ['it removes another client than it is compared for', () => ({ mark: '-', client: 'press-9', row: undefined })],
  ])('is refused where an entry was changed: %s', async (_what, change) => {
    const app = new FleetApp();
    const { crctl, put } = fleetFolder(app, { 'fleet.yaml': text });
    const made = JSON.parse((await crctl('plan', 'fleet.yaml', '-o', 'json')).out) as { clients: Entry[] };
    const clients = made.clients.map((entry) => ({ ...entry, ...change(entry) }));
    put('plan.json', JSON.stringify({ ...made, clients }));
    const { code, err } = await crctl('apply', 'plan.json', '--yes');
    expect(code).toBe(2);
    expect(err).toContain('was changed by hand');
    expect(app.started).toEqual([]);
  });
});
