import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../src/program/run.js';
import { PROBLEM } from '../fakes/answers.js';
import { fakeWorld } from '../fakes/fakeWorld.js';
import { fakeClient, FleetApp, type FakeClient } from '../fakes/fleetApp.js';
import { fleetFolder, fleetText, REGISTRY } from './commands.js';

const PLANT = 'plant7registry';
const reference = (client: string) => ({ registry: REGISTRY, connectedRegistry: PLANT, client });
const ID = '11111111-2222-3333-4444-555555555555';

/** What a plan says of the only client of a file. @param fields as the file has them @param there as it is */
async function planned(fields: object, there: Partial<FakeClient> | undefined, flags: readonly string[] = []) {
  const app = new FleetApp(there === undefined ? [] : [{ ...fakeClient(reference('press-1')), ...there }]);
  const text = fleetText({ [PLANT]: { clients: [{ client: 'press-1', ...fields }] } });
  const { crctl } = fleetFolder(app, { 'fleet.yaml': text });
  const { code, out } = await crctl('plan', 'fleet.yaml', '--detailed-exitcode', '--equal', ...flags);
  return { code, out, mark: out[0] };
}

describe('a plan of one client', () => {
  test.each<[string, object, Partial<FakeClient> | undefined, string, number, RegExp]>([
    ['that is not there', {}, undefined, '+', 2, /has no credential\n {4}\* create token/],
    ['that is as requested', {}, {}, '=', 0, /1 equal/],
    [
      'with other rights',
      { repositories: ['oven'] },
      {},
      '~',
      2,
      /repositories: \+oven\/content\/read -hello-world\/content\/read/,
    ],
    [
      'whose rights are written in another order',
      { repositories: { 'hello-world': ['content/read'] } },
      {},
      '=',
      0,
      /1 equal/,
    ],
    ['with another endpoint', { endpoint: 'edge:5000' }, {}, '~', 2, /endpoint: edge.example.org:443 → edge:5000/],
    ['with another scope map', { scopeMap: 'some-map' }, {}, '~', 2, /scopeMap: onb-\S+ → some-map/],
    ['with another token', { token: 'some-token' }, {}, '~', 2, /token: \S+ → some-token/],
    ['with an identity', { identity: { principalId: ID } }, {}, '~', 2, /identity: none → 1111/],
    [
      'with the identity that it has',
      { identity: { principalId: ID } },
      { identity: { principalId: ID, principalType: 'ServicePrincipal' } },
      '=',
      0,
      /1 equal/,
    ],
    [
      'with another lifetime, which no onboarding changes',
      { credentialLifetimeDays: 60 },
      {},
      '!',
      0,
      /and its credential has 90/,
    ],
    ['that expires soon', {}, { state: 'expiring' }, '=', 0, /1 equal/],
    [
      'that is unbound',
      {},
      { state: 'unbound', differences: [{ code: 'binding-missing' }] },
      '~',
      2,
      /is unbound: binding-missing/,
    ],
    [
      'that is revoked',
      { repositories: ['oven'] },
      { state: 'revoked' },
      '!',
      0,
      /is revoked, and a plan leaves it so/,
    ],
    ['that a run changes', {}, { state: 'changing', running: 'key.run' }, '?', 1, /operation key\.run is in progress/],
    ['of which a fact is unknown', {}, { differences: [{ code: 'fact-unknown' }] }, '?', 1, /lacks a fact/],
    [
      'with a fault that an onboarding leaves',
      {},
      { state: 'drifted', differences: [{ code: 'access-foreign' }] },
      '!',
      0,
      /would write nothing/,
    ],
  ])('%s', async (_what, fields, there, mark, code, text) => {
    const found = await planned(fields, there);
    expect(found).toMatchObject({ mark, code });
    expect(found.out).toMatch(text);
  });

  test('whose address is not known is unknown where the file names one', async () => {
    const { endpoint: _endpoint, ...without } = fakeClient(reference('press-1'));
    const app = new FleetApp([without]);
    const text = fleetText({ [PLANT]: { clients: [{ client: 'press-1', endpoint: 'edge:5000' }] } });
    const { code, out } = await fleetFolder(app, { 'fleet.yaml': text }).crctl(
      'plan',
      'fleet.yaml',
      '--detailed-exitcode',
    );
    expect({ code, mark: out[0] }).toEqual({ code: 1, mark: '?' });
  });

  test('with more permissions than lists show is compared by all of them', async () => {
    const names = [...Array(30).keys()].map((index) => `repository-${index}`);
    const there = fakeClient(reference('press-1'), { repositories: names });
    expect(await planned({ repositories: names }, there)).toMatchObject({ mark: '=', code: 0 });
    expect(await planned({ repositories: names.slice(1) }, there)).toMatchObject({ mark: '~', code: 2 });
  });

  test('that the app would refuse is an error, and is not started', async () => {
    const app = new FleetApp();
    app.foreignMaps.add('their-map');
    app.foreignMaps.add('other-map');
    const refused = [
      ['press-2', 'their-map'],
      ['press-3', 'their-map'],
      ['press-4', 'other-map'],
    ].map(([client, scopeMap]) => ({ client, scopeMap }));
    const text = fleetText({ [PLANT]: { clients: ['press-1', ...refused] } });
    const { crctl } = fleetFolder(app, { 'fleet.yaml': text });
    const plan = await crctl('plan', 'fleet.yaml', '--out', 'plan.json');
    expect(plan.code).toBe(1);
    const reason = (map: string) =>
      `    would be refused: scope-map\n      scope-map: ${map} is not as it must be.\n        az mend ${map}\n        az look\n`;
    expect(plan.out).toContain(`press-2\n    has no credential\n${reason('their-map')}`);
    // The same reason is not said again.
    expect(plan.out).toMatch(/press-3\n {4}has no credential\n {4}would be refused: scope-map\n\+/);
    expect(plan.out).toContain(`press-4\n    has no credential\n${reason('other-map')}`);
    expect(await crctl('apply', 'plan.json')).toMatchObject({ code: 1 });
    app.clients.clear();
    const applied = await crctl('apply', 'fleet.yaml', '--yes');
    expect(applied.code).toBe(1);
    // What is applied at once is explained as well.
    expect(applied.err).toContain(reason('their-map'));
    expect([...app.clients.values()].map(({ client }) => client)).toEqual(['press-1']);
  });
});

test('what the file does not name stays as it is when another fault is mended', async () => {
  const there = {
    ...fakeClient(reference('press-1')),
    token: 'their-token',
    scopeMap: 'their-map',
    endpoint: 'edge:5000',
    state: 'unbound' as const,
  };
  const app = new FleetApp([there]);
  const { crctl } = fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients: ['press-1'] } }) });
  expect(await crctl('apply', 'fleet.yaml', '--yes')).toMatchObject({ code: 0 });
  expect([...app.clients.values()]).toMatchObject([
    { token: 'their-token', scopeMap: 'their-map', endpoint: 'edge:5000', state: 'ok' },
  ]);
});

describe('removal', () => {
  const there = () => new FleetApp(['press-1', 'press-2', 'press-3'].map((client) => fakeClient(reference(client))));

  test('is never planned without --prune, also not for an empty list', async () => {
    const { crctl } = fleetFolder(there(), { 'fleet.yaml': fleetText({ [PLANT]: { clients: [] } }) });
    const { code, out, requests } = await crctl('plan', 'fleet.yaml', '--detailed-exitcode');
    expect(code).toBe(0);
    expect(out).toContain('! myregistry/plant7registry/press-1\n    is not in the file');
    expect(requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  test.each([[['--prune']], [['--max-deletes', '3']]])('needs both flags: %j', async (flags) => {
    const { crctl } = fleetFolder(there(), { 'fleet.yaml': fleetText({ [PLANT]: { clients: [] } }) });
    expect(await crctl('plan', 'fleet.yaml', ...flags)).toMatchObject({ code: 2, requests: [] });
  });

  test('of more clients than allowed is refused before anything is planned', async () => {
    const { crctl } = fleetFolder(there(), { 'fleet.yaml': fleetText({ [PLANT]: { clients: [] } }) });
    const { code, err, requests } = await crctl('apply', 'fleet.yaml', '--prune', '--max-deletes', '2', '--yes');
    expect(code).toBe(1);
    expect(err).toContain('would remove 3 clients; --max-deletes allows 2');
    expect(requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('leaves connected registries alone that the file does not name', async () => {
    const app = there();
    app.put(fakeClient({ registry: REGISTRY, connectedRegistry: 'plant8registry', client: 'oven' }));
    const { crctl } = fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients: ['press-1'] } }) });
    const { out } = await crctl('plan', 'fleet.yaml', '--prune', '--max-deletes', '9', '-o', 'name');
    expect(out).toBe('myregistry/plant7registry/press-2\nmyregistry/plant7registry/press-3\n');
  });

  test('comes last, and only after everything else has succeeded', async () => {
    const app = there();
    const { crctl } = fleetFolder(app, {
      'fleet.yaml': fleetText({ [PLANT]: { clients: ['press-1', 'press-2', 'press-9'] } }),
    });
    expect(await crctl('apply', 'fleet.yaml', '--prune', '--max-deletes', '1', '--yes')).toMatchObject({ code: 0 });
    expect(app.started).toMatchObject([{ kind: 'onboard' }, { kind: 'offboard' }]);
    expect([...app.clients.values()].map(({ client }) => client)).toEqual(['press-1', 'press-2', 'press-9']);
  });
});

test('a mistyped line is no 2 where 2 says that there are changes', async () => {
  const { crctl } = fleetFolder(new FleetApp(), {});
  expect(await crctl('plan', 'fleet.yaml', '--detailed-exitcode', '--purge')).toMatchObject({ code: 1 });
  expect(await crctl('plan', 'missing.yaml', '--detailed-exitcode')).toMatchObject({ code: 1 });
});

test('apply asks, and where nobody can answer it starts nothing', async () => {
  const app = new FleetApp();
  const { crctl } = fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients: ['press-1'] } }) });
  const { code, err } = await crctl('apply', 'fleet.yaml');
  expect(code).toBe(2);
  expect(err).toContain('Give --yes if you are sure.');
  expect(app.started).toEqual([]);
});

test('--quick compares without asking the app, says that the writes are unknown, and can be carried out', async () => {
  const app = new FleetApp();
  const { crctl } = fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients: ['press-1'] } }) });
  const plan = await crctl('plan', 'fleet.yaml', '--quick', '--detailed-exitcode', '--out', 'plan.json');
  expect(plan.code).toBe(2);
  expect(plan.out).toMatch(/^writes +unknown/m);
  expect(plan.requests.every(({ method }) => method === 'GET')).toBe(true);
  expect(await crctl('apply', 'plan.json')).toMatchObject({ code: 0 });
  expect(app.clients.size).toBe(1);
});

test('an operation that runs beside is waited for by nobody: the client is unknown, and others are planned', async () => {
  const running = { ...fakeClient(reference('press-1')), state: 'changing' as const, running: 'key.run' };
  const app = new FleetApp([running]);
  const { crctl } = fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients: ['press-1', 'press-2'] } }) });
  const { code, out } = await crctl('plan', 'fleet.yaml', '--detailed-exitcode');
  expect(code).toBe(2);
  expect(out).toContain('1 to add, 0 to change, 0 to remove, 0 equal, 1 unknown');
});

test('faults that the app finds in rows are shown with their place in the file', async () => {
  const app = new FleetApp();
  const text = fleetText({ [PLANT]: { clients: ['press-1', 'press-2'] } });
  const world = fakeWorld((request) =>
    request.method === 'GET'
      ? app.answer(request)
      : {
          status: 400,
          json: {
            ...PROBLEM,
            errors: [{ row: 2, field: 'clients.1.connectedRegistry', message: 'does not exist', fix: 'Create it.' }],
          },
        },
  );
  writeFileSync(join(world.cwd, 'fleet.yaml'), text);
  expect(await run(['plan', 'fleet.yaml'], world)).toBe(4);
  expect(world.err()).toMatch(
    /fleet\.yaml:1:\d+: plant7registry\/press-2: connectedRegistry does not exist\n {4}Create it\.\n/,
  );
});
