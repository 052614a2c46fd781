import { describe, expect, test } from 'vitest';
import { fakeClient, FleetApp } from '../fakes/fleetApp.js';
import { runCrctl } from '../fakes/runCrctl.js';
import { fleetFolder, fleetText, REGISTRY } from './commands.js';

/*
 * YAML reads some names as numbers and the like: `0012345` as 12345. A name is what its author wrote, or the file is
 * refused.
 */

const HEAD = `apiVersion: connected-registry-onboarding/v1
kind: Fleet
defaults: {registry: ${REGISTRY}, repositories: [hello-world]}
connectedRegistries:
`;

/** What `crctl plan --prune` says about a file, before it asks the app anything. */
async function refusalOf(text: string) {
  const { crctl } = fleetFolder(new FleetApp(), { 'fleet.yaml': text });
  const { code, err, requests } = await crctl('plan', 'fleet.yaml', '--prune', '--max-deletes', '9');
  expect({ code, sent: requests.length }, err).toEqual({ code: 2, sent: 0 });
  return err;
}

/** Names that a service allows, and that YAML reads as something else. */
const CHANGED = ['0012345', '012345', '1e5', '12345', '0x1F', '0o17', '.5', 'null', 'true', 'False', '.inf'];

describe('a name that YAML does not read as a text is refused, with the quotes that it needs', () => {
  test.each(CHANGED)('of a connected registry: %s', async (name) => {
    expect(await refusalOf(`${HEAD}  ${name}: {clients: []}\n`)).toContain(
      `fleet.yaml:5:3: ${name} is not read as a text. Write "${name}".`,
    );
    expect(await refusalOf(`${HEAD}  plant7: {clients: []}\n  ? ${name}\n  : {clients: []}\n`)).toContain(name);
  });

  test('of a connected registry by an alias', async () => {
    const text = `${HEAD.replace('repositories', 'credentialLifetimeDays: &days 12345, repositories')}  *days : {clients: []}\n`;
    expect(await refusalOf(text)).toContain('12345 is not read as a text');
  });

  test('of a repository with actions', async () => {
    const text = `${HEAD}  plant7: {clients: [{client: a, repositories: {007: [content/read]}}]}\n`;
    expect(await refusalOf(text)).toContain('007 is not read as a text. Write "007".');
  });

  test.each(CHANGED)('of a client: %s', async (name) => {
    const err = await refusalOf(`${HEAD}  plant7: {clients: [a, ${name}, {client: ${name}}]}\n`);
    expect(err.split(`${name} is not read as a text. Write "${name}".`)).toHaveLength(3);
    expect(err).toContain('fleet.yaml:5:25: ');
  });

  test.each(['scopeMap', 'token', 'image', 'endpoint'])('of another thing: %s', async (field) => {
    const text = `${HEAD}  plant7: {clients: [{client: a, ${field}: 00012}]}\n`;
    expect(await refusalOf(text)).toContain('  00012 is not read as a text. Write "00012".');
  });

  test('of a registry, of which all others hang', async () => {
    expect(await refusalOf(`${HEAD.replace(REGISTRY, '1e5')}  plant7: {clients: []}\n`)).toContain('Write "1e5".');
  });

  test.each([
    'yes: {clients: []}',
    '2026-01-01: {clients: []}',
    'plant7: {clients: [no]}',
    'plant7: {clients: [1:30]}',
  ])('by the rules of YAML 1.1, if the file asks for them: %s', async (line) => {
    expect(await refusalOf(`%YAML 1.1\n---\n${HEAD}  ${line}\n`)).toContain('is not read as a text');
  });

  test.each(['[a]', '{a: b}', ''])('of no name at all: %j', async (key) => {
    expect(await refusalOf(`${HEAD}  ? ${key}\n  : {clients: []}\n`)).toContain('a name must be a text');
  });

  test('and no quotes are advised where a number is wanted', async () => {
    const err = await refusalOf(
      `${HEAD}  plant7: {clients: [{client: a, credentialLifetimeDays: true}, {client: [1]}]}\n`,
    );
    expect(err).not.toContain('is not read as a text');
  });
});

test('a merge key of YAML 1.1 is no name, and brings in the fields of the object that it names', async () => {
  const app = new FleetApp();
  const { crctl } = fleetFolder(app, {
    'fleet.yaml': `%YAML 1.1\n---\n${HEAD}  plant7:\n    clients:\n      - &first {client: a, scopeMap: some-map}\n      - {<<: *first, client: b}\n      - <<: [*first, {endpoint: "edge:5000"}]\n        client: c\n`,
  });
  const { code, err } = await crctl('apply', 'fleet.yaml', '--yes');
  expect(code, err).toBe(0);
  expect([...app.clients.values()]).toMatchObject([
    { client: 'a', scopeMap: 'some-map' },
    { client: 'b', scopeMap: 'some-map' },
    { client: 'c', scopeMap: 'some-map', endpoint: 'edge:5000' },
  ]);
});

test('names in an object that a merge key brings in are refused as others are', async () => {
  const repositories = '{<<: {007: [content/read]}}';
  const text = `%YAML 1.1\n---\n${HEAD}  plant7: {clients: [{client: a, repositories: ${repositories}}]}\n`;
  const err = await refusalOf(text);
  expect(err).toContain('007 is not read as a text. Write "007".');
  expect(err).not.toContain('"<<"');
});

/** What YAML reads as texts, also dates, and what is in quotes. */
const KEPT = ['2026-01-01', 'no', '1_000', "'0012345'", '"1e5"'];

test('names in quotes, and others that are texts, are those of the clients', async () => {
  const app = new FleetApp([], 100);
  const { crctl } = fleetFolder(app, {
    'fleet.yaml': `${HEAD}  "0012345": {clients: [${KEPT.join(', ')}]}\n  ? '1e100'\n  : {clients: [a]}\n`,
  });
  expect(await crctl('apply', 'fleet.yaml', '--yes')).toMatchObject({ code: 0 });
  expect([...app.clients.values()].map((one) => `${one.connectedRegistry}/${one.client}`)).toEqual([
    ...KEPT.map((name) => `0012345/${name.replaceAll(/['"]/g, '')}`),
    '1e100/a',
  ]);
});

test('connected registries are in the order of the file, also those with digits alone', async () => {
  const app = new FleetApp([], 100);
  const text = `${HEAD}  plant7: {clients: [a]}\n  "54321": {clients: [b]}\n  "12345": {clients: [c]}\n`;
  const { crctl } = fleetFolder(app, { 'fleet.yaml': text });
  expect(await crctl('apply', 'fleet.yaml', '--yes')).toMatchObject({ code: 0 });
  expect([...app.clients.values()].map(({ client }) => client)).toEqual(['a', 'b', 'c']);
});

test('names in CSV are what the cells have', async () => {
  const names = [...CHANGED, '2026-01-01', '+1', '-0', '1_000'];
  const app = new FleetApp([], 100);
  const { crctl } = fleetFolder(app, {
    'fleet.yaml': fleetText({ plant7registry: { clients: { csv: 'clients.csv' } } }),
    'clients.csv': `client,scopeMap\n${names.map((name) => `${name},0012345\n`).join('')}`,
  });
  expect(await crctl('apply', 'fleet.yaml', '--yes')).toMatchObject({ code: 0 });
  expect([...app.clients.values()].map(({ client }) => client)).toEqual(names);
  expect([...app.clients.values()].every(({ scopeMap }) => scopeMap === '0012345')).toBe(true);
});

test('names in a kept plan are those of the file, and a plan whose quotes were taken away is refused', async () => {
  const at = { registry: '0012345', connectedRegistry: '1e100' };
  const text = fleetText({
    '0012345/1e100': { clients: [{ client: '007', repositories: { '0012': ['content/read'] } }] },
  });
  const app = new FleetApp([fakeClient({ ...at, client: '1e5' })]);
  const { crctl, put } = fleetFolder(app, { 'fleet.yaml': text });
  const { out } = await crctl('plan', 'fleet.yaml', '--prune', '--max-deletes', '1', '-o', 'json');
  for (const name of ['0012345', '1e100', '007', '1e5', '0012']) {
    put('plan.json', out.replaceAll(`"${name}"`, name));
    expect(await crctl('apply', 'plan.json', '--yes')).toMatchObject({ code: 2 });
  }
  expect(app.started).toEqual([]);
  put('plan.json', out);
  expect(await crctl('apply', 'plan.json', '--yes')).toMatchObject({ code: 0 });
  expect([...app.clients.values()]).toMatchObject([
    { ...at, client: '007', actions: ['repositories/0012/content/read'] },
  ]);
});

test('names in the file of a request are refused too', async () => {
  const file = 'connectedRegistry: plant7registry\nclient: press-1\nrepositories: {0012: [content/read]}\n';
  for (const argv of [
    ['onboard', '-f', 'a.yaml'],
    ['rollouts', 'start', '--kind', 'onboard', '-f', 'a.yaml'],
    ['enrol', '-f', 'a.yaml', '--out', 'tokens'],
  ]) {
    const { code, err } = await runCrctl(argv, () => ({ json: {} }), {}, { 'a.yaml': file });
    expect([code, err]).toEqual([2, expect.stringContaining('a.yaml:3:16: 0012 is not read as a text. Write "0012".')]);
  }
});
