import { describe, expect, test } from 'vitest';
import { run } from '../../src/program/run.js';
import { CLIENT, COMPLETED, ROLLOUT } from '../fakes/answers.js';
import { fakeWorld, type FakeApp, type WorldOptions } from '../fakes/fakeWorld.js';

/** Runs a command line against an app that gives one answer. */
async function runCrctl(argv: readonly string[], json: unknown, options?: WorldOptions) {
  const world = fakeWorld(() => ({ json }), options);
  const code = await run(argv, world);
  return { code, out: world.out(), err: world.err(), requests: world.requests };
}

describe('the forms of output', () => {
  const page = { clients: [CLIENT] };

  test('a table', async () => {
    const { code, out, err } = await runCrctl(['clients', 'list'], page);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')[0]).toMatch(/^REGISTRY +CONNECTED REGISTRY +CLIENT +STATE +EXPIRES +LAST PULL +RUNNING$/);
    expect(out.split('\n')[1]).toMatch(/^myregistry +plant7registry +press-1 +ok +2027-02-28 11:00Z/);
  });

  test('JSON has what the API answered, unknown fields included', async () => {
    const { out } = await runCrctl(['clients', 'show', CLIENT.key, '-o', 'json', '--query', 'client'], {
      ...CLIENT,
      operations: [],
      invented: 1,
    });
    expect(JSON.parse(out)).toMatchObject({ ...CLIENT, invented: 1 });
  });

  test.each([
    ['yaml', /^clients:\n {2}- key: myregistry-plant7registry-press-1-21982a38dae198be\n/],
    [
      'csv',
      /^REGISTRY,CONNECTED REGISTRY,CLIENT,STATE,EXPIRES,LAST PULL,RUNNING\nmyregistry,plant7registry,press-1,ok,/,
    ],
    ['name', /^myregistry\/plant7registry\/press-1\n$/],
  ])('%s', async (format, form) => {
    expect((await runCrctl(['clients', 'list', '-o', format], page)).out).toMatch(form);
  });

  test('a query has a table of its fields', async () => {
    const { out } = await runCrctl(['clients', 'list', '--query', 'clients[].{name: client, slot: slot}'], page);
    expect(out).toBe('name      slot\npress-1   password1\n');
  });

  test('a query of a single value is printed alone by name', async () => {
    const { out } = await runCrctl(['clients', 'list', '--query', 'clients[0].client', '-o', 'name'], page);
    expect(out).toBe('press-1\n');
  });

  test('no headers', async () => {
    const { out } = await runCrctl(['clients', 'list', '--no-headers', '-o', 'csv'], page);
    expect(out).toMatch(/^myregistry,/);
  });

  test('CSV quotes what has to be quoted', async () => {
    const { out } = await runCrctl(['clients', 'list', '-o', 'csv', '--no-headers'], {
      clients: [
        { ...CLIENT, client: 'a,b"c' },
        { ...CLIENT, client: 'a;=1+1;b' },
      ],
    });
    expect(out).toContain('plant7registry,"a,b""c",ok');
    expect(out).toContain('plant7registry,"a;=1+1;b",ok');
  });

  test('colors are for terminals, unless NO_COLOR is set or --no-color given', async () => {
    const env = { CRCTL_URL: 'https://app.example.org', CRCTL_KEY: 'k' };
    const painted = (await runCrctl(['clients', 'list'], page, { columns: 120, env })).out;
    expect(painted).toContain('\u001b[32mok');
    for (const [argv, more] of [
      [['clients', 'list'], { NO_COLOR: '1' }],
      [['clients', 'list'], { TERM: 'dumb' }],
      [['clients', 'list', '--no-color'], {}],
    ] as const)
      expect((await runCrctl(argv, page, { columns: 120, env: { ...env, ...more } })).out).not.toContain('\u001b');
  });
});

describe('text of the service', () => {
  const evil = { ...CLIENT, client: 'x\u001b]0;owned\u0007\u001b[2J\u202ey', token: '\u009b31m' };
  const env = { CRCTL_URL: 'https://app.example.org', CRCTL_KEY: 'k', NO_COLOR: '1' };

  test.each(['table', 'json', 'yaml', 'csv', 'name'])('cannot control a terminal in %s', async (format) => {
    const { code, out } = await runCrctl(['clients', 'list', '-o', format], { clients: [evil] }, { columns: 120, env });
    expect(code).toBe(0);
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test('cannot in a problem', async () => {
    const world = fakeWorld(() => ({
      status: 404,
      json: {
        type: 'urn:x',
        status: 404,
        code: 'client-unknown',
        title: 'No\u001b[2J such client.',
        detail: 'a\u202eb\nc',
        near: [{ registry: 'r', connectedRegistry: 'c', client: 'x\u001b[31m' }],
      },
    }));
    expect(await run(['clients', 'show', CLIENT.key], world)).toBe(3);
    expect(world.err().replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(world.err()).toContain('  a\ufffdb c\n');
  });
});

describe('lists', () => {
  test('read pages until there are enough, also over an empty one', async () => {
    const client = (name: string) => ({ ...CLIENT, client: name });
    const pages: Record<string, unknown> = {
      '': { clients: [client('a')], continuation: 'second' },
      second: { clients: [], continuation: 'third' },
      third: { clients: [client('b'), client('c')], continuation: 'fourth' },
    };
    const app: FakeApp = ({ path }) => ({
      json: pages[new URL(path, 'https://x').searchParams.get('continuation') ?? ''],
    });
    const world = fakeWorld(app);
    expect(await run(['clients', 'list', '-n', '2', '-o', 'name', '--query', 'clients[].client'], world)).toBe(0);
    expect(world.out()).toBe('a\nb\n');
    expect(world.err()).toContain('--all shows them');
    expect(world.requests.map(({ path }) => path)).toEqual([
      '/clients?top=2',
      '/clients?top=1&continuation=second',
      '/clients?top=1&continuation=third',
    ]);
  });

  test('send their filters', async () => {
    const { requests } = await runCrctl(
      [
        'ops',
        'list',
        '-s',
        'failed,rolledBack',
        '--kind',
        'rotate',
        '--code',
        'preflight',
        '--since',
        '2027-01-01T00:00:00Z',
      ],
      { operations: [] },
    );
    expect(requests.map(({ path }) => path)).toEqual([
      '/operations?since=2027-01-01T00%3A00%3A00Z&kind=rotate&status=failed%2CrolledBack&code=preflight&top=100',
    ]);
  });

  test('of nothing is nothing', async () => {
    expect(await runCrctl(['rollouts', 'list'], { rollouts: [] })).toMatchObject({ code: 0, out: '', err: '' });
  });
});

test('one operation is shown, and that it failed is no failure of showing it', async () => {
  const { code, out } = await runCrctl(['ops', 'show', COMPLETED.id], COMPLETED);
  expect(code).toBe(0);
  expect(out).toContain('pull        hello-world:latest, 102985 bytes in 21 ms');
});

test('a rollout is shown with its failures', async () => {
  const { out } = await runCrctl(['rollouts', 'show', ROLLOUT.id], ROLLOUT);
  expect(out).toContain('clients     90 of 250 ended: 140 waiting, 20 running, 85 completed, 5 failed');
  expect(out).toContain('pull-check-deadline   4');
});

test('a client is found by its name alone if one registry has it', async () => {
  const app: FakeApp = ({ path }) => {
    if (path.startsWith('/clients?')) return { json: { clients: [CLIENT] } };
    return path.endsWith('/operations') ? { json: { operations: [] } } : { json: CLIENT };
  };
  const world = fakeWorld(app);
  expect(await run(['clients', 'show', 'plant7registry/press-1'], world)).toBe(0);
  expect(world.requests.map(({ path }) => path)).toEqual([
    '/clients?connectedRegistry=plant7registry&client=press-1',
    `/clients/${CLIENT.key}`,
    `/clients/${CLIENT.key}/operations`,
  ]);
});

test('a client of two registries has to be named with one', async () => {
  const world = fakeWorld(() => ({ json: { clients: [CLIENT, { ...CLIENT, registry: 'other' }] } }));
  expect(await run(['clients', 'show', 'plant7registry/press-1'], world)).toBe(2);
  expect(world.err()).toContain('myregistry, other');
});

test('a client with a poller on record is shown with it', async () => {
  const poller = {
    objectId: '66666666-7777-8888-9999-000000000000',
    since: '2026-11-30T11:00:00.000Z',
    lastContactAt: '2026-11-30T12:00:00.000Z',
  };
  const { out } = await runCrctl(['clients', 'show', CLIENT.key], {
    ...CLIENT,
    reach: { kind: 'poll', poller },
    operations: [],
  });
  expect(out).toContain('reached by     poll');
  expect(out).toContain('poller         66666666-7777-8888-9999-000000000000');
  expect(out).toContain('poller since   2026-11-30 11:00Z');
  expect(out).toContain('last poll      2026-11-30 12:00Z');
});

test('a rollout whose rows are not counted yet has no list of them', async () => {
  const counts = { waiting: 0, running: 0, completed: 0, failed: 0, cancelled: 0, planned: 0 };
  const { out } = await runCrctl(['rollouts', 'show', ROLLOUT.id], { ...ROLLOUT, counts });
  expect(out).toContain('clients     0 of 250 ended\n');
});

test('rows of a dry run that would be refused are explained, each reason once', async () => {
  const reason = (fix: string) => ({ code: 'scope-map', field: 'scopeMap', message: 'Its rights differ.', fix });
  const row = (number: number, fix: string) => ({
    row: number,
    registry: 'myregistry',
    connectedRegistry: 'plant7registry',
    client: `press-${number}`,
    state: 'failed',
    code: 'problems',
    problems: ['scope-map'],
    reasons: [reason(fix)],
  });
  const clients = [row(1, 'az one\naz two'), row(2, 'az one\naz two'), row(3, 'az three')];
  const { out } = await runCrctl(['rollouts', 'clients', 'x'], { clients });
  expect(out).toContain('problems, scope-map');
  expect(out).toContain(`
Why rows would be refused
  row 1, 2:
    scopeMap, scope-map: Its rights differ.
      az one
      az two
  row 3:
    scopeMap, scope-map: Its rights differ.
      az three
`);
});
