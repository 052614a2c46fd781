import { describe, expect, test } from 'vitest';
import { defaultTokenName } from '@connected-registry/protocol/names/names';
import { fakeClient, FleetApp, type FakeClient } from '../fakes/fleetApp.js';
import { fleetFolder, fleetText, REGISTRY } from './commands.js';

const HEAD = 'apiVersion: connected-registry-onboarding/v1\nkind: Fleet\n';
const DEFAULTS = 'defaults: {registry: myregistry, repositories: [hello-world]}\n';

/** What `crctl plan` says about a file, before it asks the app anything. */
async function faultsOf(text: string, files: Readonly<Record<string, string>> = {}) {
  const { crctl } = fleetFolder(new FleetApp(), { 'fleet.yaml': text, ...files });
  const { code, err, requests } = await crctl('plan', 'fleet.yaml');
  expect({ code, sent: requests.length }).toEqual({ code: 2, sent: 0 });
  return err;
}

const plant = (clients: string) =>
  `${HEAD}${DEFAULTS}connectedRegistries:\n  plant7registry:\n    clients: ${clients}\n`;

describe('a fault has its line and column', () => {
  test.each<[string, string, string]>([
    ['no YAML', `${HEAD}defaults: [\n`, 'fleet.yaml:4:1: '],
    ['a key twice', `${HEAD}kind: Fleet\n`, 'fleet.yaml:3:1: Map keys must be unique'],
    ['no object', '[]', 'fleet.yaml:1:1: the file must be an object'],
    ['nothing', '', 'fleet.yaml:1:1: the file must be an object'],
    [
      'another kind',
      `${HEAD.replace('Fleet', 'Deployment')}connectedRegistries: {}\n`,
      'fleet.yaml:2:7: kind must be Fleet',
    ],
    [
      'no connected registry',
      `${HEAD}connectedRegistries: {}\n`,
      'fleet.yaml:3:22: connectedRegistries must name at least one',
    ],
    ['no list of clients', plant('').replace('clients: ', ''), 'plant7registry'],
    [
      'an unknown field',
      `${HEAD}default: {}\nconnectedRegistries: {plant7registry: {clients: []}}\n`,
      'fleet.yaml:3:1: no field default exists in a fleet file',
    ],
    [
      'an unknown field of a client',
      plant('[{client: a, tags: []}]'),
      'fleet.yaml:6:27: connectedRegistries.plant7registry.clients.0 has no field tags',
    ],
    ['a field that asks for an action', plant('[{client: a, recheck: true}]'), 'has no field recheck'],
    ['a number for an id', plant('[press-1, 12]'), 'fleet.yaml:6:24: '],
    [
      'an id that is none',
      plant('["press 1"]'),
      'fleet.yaml:6:15: connectedRegistries.plant7registry.clients.0 is not a valid name',
    ],
    [
      'a client twice',
      plant('[press-1, press-1]'),
      'fleet.yaml:6:24: press-1 is named twice, first at fleet.yaml:6:15',
    ],
    [
      'a token twice',
      plant('[{client: a, token: some-token}, {client: b, token: Some-Token}]'),
      'fleet.yaml:6:47: token Some-Token is that of another client, at fleet.yaml:6:15',
    ],
    [
      'a connected registry twice',
      `${HEAD}${DEFAULTS}connectedRegistries: {plant7: {clients: []}, myregistry/Plant7: {clients: []}}\n`,
      'fleet.yaml:4:46: myregistry/Plant7 is named twice',
    ],
    ['no registry', `${HEAD}connectedRegistries: {plant7: {clients: []}}\n`, 'fleet.yaml:3:23: plant7 has no registry'],
    [
      'no repositories',
      `${HEAD}connectedRegistries: {myregistry/plant7: {clients: [a]}}\n`,
      'fleet.yaml:3:53: repositories must be a list',
    ],
    [
      'a default that a client contradicts',
      plant('[{client: a, image: "oven:1"}]'),
      'fleet.yaml:6:34: image is in repository oven',
    ],
    [
      'a file outside of the folder',
      plant('{csv: ../clients.csv}'),
      'fleet.yaml:6:20: connectedRegistries.plant7registry.clients.csv is not such a file',
    ],
    ['a file that is not there', plant('{csv: clients.csv}'), 'clients.csv: cannot be read (ENOENT)'],
  ])('%s', async (_what, text, message) => {
    expect(await faultsOf(text)).toContain(message);
  });

  test('of a CSV file: its own line', async () => {
    const err = await faultsOf(plant('{csv: clients.csv}'), {
      'clients.csv': 'client,repositories,principalId\npress-1,hello-world,\n"press 2",,\npress-3,,none\n',
    });
    expect(err).toContain('clients.csv:3: client is not a valid name');
    expect(err).toContain('clients.csv:4: identity.principalId is not an object id');
  });

  test('an emptied CSV file is a fault, and no empty fleet', async () => {
    expect(await faultsOf(plant('{csv: clients.csv}'), { 'clients.csv': 'client\n' })).toContain(
      'Send at least one row',
    );
  });

  test('all faults are shown at once, without control characters', async () => {
    const err = await faultsOf(plant('["a\\e[2Jb", "c d"]'));
    expect(err).toContain('fleet.yaml:6:15');
    expect(err).toContain('fleet.yaml:6:26');
    expect(err).not.toContain('\u001b');
  });
});

test('a client has its own fields, then those of its connected registry, then those of the file', async () => {
  const text = `${HEAD}${DEFAULTS}connectedRegistries:
  plant7registry:
    defaults: {repositories: [oven]}
    clients: [press-1, {client: press-2, repositories: [hello-world, oven]}]
  otherregistry/plant8registry:
    clients: {csv: clients.csv}
`;
  const csv = 'client,repositories,credentialLifetimeDays\nbelt-1,,60\nbelt-2,oven hello-world,\n';
  const app = new FleetApp();
  const { crctl } = fleetFolder(app, { 'fleet.yaml': text, 'clients.csv': csv });
  expect(await crctl('apply', 'fleet.yaml', '--yes')).toMatchObject({ code: 0 });
  const pulls = (...names: readonly string[]) => names.map((name) => `repositories/${name}/content/read`);
  expect([...app.clients.values()]).toMatchObject([
    { registry: 'myregistry', client: 'press-1', actions: pulls('oven') },
    { client: 'press-2', actions: pulls('hello-world', 'oven') },
    { registry: 'otherregistry', client: 'belt-1', actions: pulls('hello-world'), lifetimeDays: 60 },
    { client: 'belt-2', actions: pulls('hello-world', 'oven'), lifetimeDays: 90 },
  ]);
});

test('what the app warns of when it starts a rollout is shown', async () => {
  const app = new FleetApp();
  const [message, fix] = ['The subscription is almost full.', 'Add a vault in another one.'];
  app.warnings = [{ code: 'role-assignments-near-limit', registry: 'a', connectedRegistry: 'b', message, fix }];
  const folder = fleetFolder(app, { 'fleet.yaml': fleetText({ plant7registry: { clients: ['a'] } }) });
  const { code, err } = await folder.crctl('apply', 'fleet.yaml', '--yes');
  expect([code, err]).toEqual([0, expect.stringContaining(`Warning: ${message}\n  ${fix}`)]);
});

test('the options of the rollout are those of the file', async () => {
  const app = new FleetApp();
  const rollout = { waves: { canary: 1, size: 10 }, failureLimit: { percent: 5 } };
  const text = fleetText({ plant7registry: { clients: ['a', 'b'] } }, { rollout });
  expect(await fleetFolder(app, { 'fleet.yaml': text }).crctl('apply', 'fleet.yaml', '--yes')).toMatchObject({
    code: 0,
  });
  expect(app.started).toMatchObject([{ ...rollout, clients: [{ client: 'a' }, { client: 'b' }] }]);
});

/** The comments for editors, which test/docs/editor.test.ts judges. */
const FOR_EDITORS = /^# yaml-language-server: .*\n# Editors .*\n/;

describe('an export', () => {
  const reference = (client: string) => ({ registry: REGISTRY, connectedRegistry: 'plant7registry', client });

  test('has what is common once, and each client', async () => {
    const app = new FleetApp([
      fakeClient(reference('press-1')),
      fakeClient(reference('press-2'), {
        repositories: ['hello-world'],
        identity: { principalId: '11111111-2222-3333-4444-555555555555' },
      }),
    ]);
    const { out } = await fleetFolder(app).crctl('export');
    expect(out.replace(FOR_EDITORS, '')).toBe(`apiVersion: connected-registry-onboarding/v1
kind: Fleet
connectedRegistries:
  myregistry/plant7registry:
    defaults:
      repositories:
        - hello-world
      credentialLifetimeDays: 90
      endpoint: edge.example.org:443
    clients:
      - press-1
      - client: press-2
        identity:
          principalId: 11111111-2222-3333-4444-555555555555
          principalType: ServicePrincipal
`);
  });

  test('leaves out what no file can say, says so, and fails', async () => {
    const app = new FleetApp([
      { ...fakeClient(reference('press-1')), actions: [] },
      { ...fakeClient(reference('evil')), client: 'a\u001b[2J\nb' },
      fakeClient(reference('press-2')),
    ]);
    const { code, out, err } = await fleetFolder(app).crctl('export');
    expect(code).toBe(1);
    expect(out.replace(FOR_EDITORS, '')).toMatch(
      /^# Left out: myregistry\/plant7registry\/press-1: .*\n# Left out: myregistry\/plant7registry\/a b: .*\napiVersion/,
    );
    expect(out).not.toContain('\u001b');
    expect(err).toContain('Left out: myregistry/plant7registry/press-1');
    expect(out).toContain('- press-2');
  });

  test('can be planned although clients share tokens, also one that another has by default', async () => {
    const [a, b, c] = ['press-1', 'press-2', 'press-3'].map((client) => fakeClient(reference(client)));
    if (!a || !b || !c) throw new Error('There are three.');
    const shared = [
      [a, { ...b, token: a.token }],
      [{ ...b, token: a.token }, a],
      // The second leaves the shared name out, and so has its default name in the file, which is the third's.
      [
        { ...a, token: 'shared' },
        { ...b, token: 'shared' },
        { ...c, token: b.token },
      ],
      [
        { ...c, token: b.token },
        { ...a, token: 'shared' },
        { ...b, token: 'Shared' },
      ],
    ];
    for (const clients of shared) {
      const { crctl, put } = fleetFolder(new FleetApp(clients));
      const { out } = await crctl('export');
      put('fleet.yaml', out);
      const plan = await crctl('plan', 'fleet.yaml', '--detailed-exitcode', '-o', 'name');
      expect(plan, plan.err + out).toMatchObject({ code: 0, out: '' });
    }
  });

  /** Clients as the app reports those whose token another has. */
  const sharing = (...clients: readonly [client: string, token: string | undefined][]) =>
    clients.map(([client, token]): FakeClient => {
      const present = fakeClient(reference(client));
      return {
        ...present,
        ...(token === undefined ? {} : { token }),
        state: 'drifted',
        differences: [{ code: 'token-shared' }],
      };
    });

  test('names no token that clients are known to share, so that a plan gives each its own', async () => {
    const app = new FleetApp(sharing(['press-1', 'shared-token'], ['press-2', 'shared-token']));
    const { crctl, put } = fleetFolder(app);
    const { out } = await crctl('export');
    expect(out).not.toContain('shared-token');
    put('fleet.yaml', out);
    expect(await crctl('apply', 'fleet.yaml', '--yes')).toMatchObject({ code: 0 });
    expect([...app.clients.values()].map(({ token }) => token)).toEqual(
      ['press-1', 'press-2'].map((client) => defaultTokenName(reference(client))),
    );
    expect(await crctl('plan', 'fleet.yaml', '--detailed-exitcode')).toMatchObject({ code: 0 });
  });

  test('needs two plans if one of them has the shared token by default', async () => {
    const token = defaultTokenName(reference('press-1'));
    const app = new FleetApp(sharing(['press-1', undefined], ['press-2', token]));
    const { crctl, put } = fleetFolder(app);
    put('fleet.yaml', (await crctl('export')).out);
    const first = await crctl('apply', 'fleet.yaml', '--yes');
    expect(first).toMatchObject({ code: 1, err: expect.stringContaining('would be refused: token-of-another-client') });
    expect(await crctl('apply', 'fleet.yaml', '--yes')).toMatchObject({ code: 0 });
    expect([...app.clients.values()].map((one) => one.token)).toEqual([token, defaultTokenName(reference('press-2'))]);
  });

  test('keeps ids that YAML would read as something else', async () => {
    const ids = ['0012', '1e5', '0x1F', 'null', 'true', '-', '=a', '#a', '*a', '!a', '%a', '@a', '?', ',', "'a'", 'a:'];
    const { crctl, put } = fleetFolder(new FleetApp(ids.map((client) => fakeClient(reference(client)))));
    put('fleet.yaml', (await crctl('export')).out);
    const plan = await crctl('plan', 'fleet.yaml', '--detailed-exitcode');
    expect(plan, plan.err).toMatchObject({ code: 0, out: expect.stringContaining(`${ids.length} equal`) });
  });

  test('names no scope map that no request can name', async () => {
    const app = new FleetApp([{ ...fakeClient(reference('press-1')), scopeMap: '_repositories_pull' }]);
    const { crctl, put } = fleetFolder(app);
    const { out } = await crctl('export');
    put('fleet.yaml', out);
    const plan = await crctl('plan', 'fleet.yaml', '--detailed-exitcode', '-o', 'name');
    expect(plan, plan.err + out).toMatchObject({ code: 0, out: '' });
  });

  test('names an image where no repository of its own can be pulled', async () => {
    const app = new FleetApp([fakeClient(reference('press-1'), { repositories: ['*'], image: 'hello-world:latest' })]);
    const { crctl, put } = fleetFolder(app);
    const { out } = await crctl('export');
    expect(out).toContain('image: hello-world:latest');
    put('fleet.yaml', out);
    expect(await crctl('plan', 'fleet.yaml', '--detailed-exitcode', '-o', 'name')).toMatchObject({ code: 0, out: '' });
  });
});
