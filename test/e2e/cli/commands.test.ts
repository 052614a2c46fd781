import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../harness/testStack.js';
import { Crctl } from './crctl.js';

/* Every command of crctl against a whole stack, as people and pipelines run them. Tests follow each other. */

const REGISTRY = 'myconnectedregistry';

let it: TestStack;
let crctl: Crctl;
beforeAll(async () => {
  // A regenerated password takes a minute to be known in Azure; here a second.
  it = await startTestStack({ settings: { PASSWORD_REPLICATION_SECONDS: '1' } });
  const { azure } = it.stack.endpoints;
  await it.stack.controlPlane.https(`${azure.arm}/_control/settings`, {
    method: 'PATCH',
    body: { replicationSeconds: 1 },
  });
  const { url, key } = it.stack.endpoints.functions;
  crctl = await Crctl.installed({ CRCTL_URL: url, CRCTL_KEY: key });
});
afterAll(async () => {
  crctl.dispose();
  await it.dispose();
});

const REGISTRY_NAME = () => it.stack.endpoints.azure.registry;
const full = (client: string) => `${REGISTRY_NAME()}/${REGISTRY}/${client}`;

test('onboard: plans, then waits until the device has pulled; again it changes nothing', async () => {
  const args = ['onboard', `${REGISTRY}/press-1`, '--repository', 'hello-world'];
  expect(await crctl.json(...args, '--dry-run')).toMatchObject({ problems: [], writes: expect.any(Array) });
  expect(await crctl.json('clients', 'list')).toEqual({ clients: [] });
  expect(await crctl.json(...args, '--wait')).toMatchObject({ status: 'completed', result: { changed: true } });
  expect(await crctl.json(...args, '--wait')).toMatchObject({ status: 'completed', result: { changed: false } });
});

test('clients list and show, by name and by key', async () => {
  const { code, out } = await crctl.run(['clients', 'list', '-o', 'name']);
  expect({ code, out }).toEqual({ code: 0, out: `${full('press-1')}\n` });
  const { client } = (await crctl.json('clients', 'show', `${REGISTRY}/press-1`)) as { client: { key: string } };
  expect(client).toMatchObject({ client: 'press-1', state: 'ok', reach: { kind: 'eventGrid' } });
  expect(await crctl.json('clients', 'show', client.key)).toMatchObject({
    client,
    operations: expect.arrayContaining([expect.objectContaining({ kind: 'onboard', status: 'completed' })]),
  });
});

test('ops list, show and watch', async () => {
  const id = (await crctl.run(['ops', 'list', '--client', 'press-1', '-n', '1', '-o', 'name'])).out.trim();
  expect(await crctl.json('ops', 'show', id)).toMatchObject({ id, status: 'completed' });
  const watched = await crctl.run(['ops', 'watch', id]);
  expect(watched.code).toBe(0);
  expect(
    watched.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toMatchObject([{ id }]);
  expect((await crctl.run(['ops', 'show', id, '--query', 'result.pull.image', '-o', 'name'])).out).toBe(
    'hello-world:latest\n',
  );
});

test('rotate, schedule and check', async () => {
  expect(await crctl.json('rotate', `${REGISTRY}/press-1`, '--dry-run')).toMatchObject({
    plans: [{ client: 'press-1' }],
  });
  expect(await crctl.json('rotate', `${REGISTRY}/press-1`, '--wait')).toMatchObject({
    operations: [{ kind: 'rotate', status: 'completed' }],
  });
  expect(await crctl.json('schedule', '-c', REGISTRY)).toMatchObject({ total: 1, clients: [{ client: 'press-1' }] });
  expect(await crctl.json('check', `${REGISTRY}/press-1`, '--wait')).toMatchObject({
    operations: [{ result: { checked: 1, findings: [{ client: 'press-1', state: 'ok' }] } }],
  });
  expect(await crctl.json('check', '--all', '--wait')).toMatchObject({ result: { checked: 1 } });
});

describe('rollouts', () => {
  let id = '';

  test('start from CSV in waves, and show how it went', async () => {
    writeFileSync(join(crctl.folder, 'clients.csv'), 'client\noven-1\noven-2\noven-3\n');
    const flags = `--kind onboard -f clients.csv -c ${REGISTRY} --repository hello-world --canary 1 --name ovens`;
    const ended = await crctl.run(['rollouts', 'start', ...flags.split(' '), '--wait', '-o', 'json']);
    expect(ended.code, ended.err).toBe(0);
    const rollout = JSON.parse(ended.out) as { id: string };
    expect(rollout).toMatchObject({ name: 'ovens', status: 'completed', counts: { completed: 3 }, wave: { of: 2 } });
    id = rollout.id;
  });

  test('list, show, clients and watch', async () => {
    expect((await crctl.run(['rollouts', 'list', '-o', 'name'])).out).toBe(`${id}\n`);
    expect(await crctl.json('rollouts', 'show', id)).toMatchObject({ id, status: 'completed' });
    expect((await crctl.run(['rollouts', 'clients', id, '-s', 'completed', '-o', 'name'])).out).toBe(
      ['oven-1', 'oven-2', 'oven-3'].map((client) => `${full(client)}\n`).join(''),
    );
    const watched = await crctl.run(['rollouts', 'watch', id]);
    expect(watched.code).toBe(0);
    expect(JSON.parse(watched.out)).toMatchObject({ id });
  });

  test('pause, resume, cancel and retry-failed', async () => {
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const started = (await crctl.json(
      'rollouts',
      'start',
      '--kind',
      'check',
      '-l',
      `connectedRegistry=${REGISTRY}`,
      '--start-at',
      later,
    )) as { id: string };
    expect(await crctl.json('rollouts', 'pause', started.id, '--wait')).toMatchObject({ status: 'paused' });
    expect(await crctl.json('rollouts', 'resume', started.id)).toMatchObject({ id: started.id });
    expect(await crctl.json('rollouts', 'cancel', started.id, '--wait')).toMatchObject({ status: 'cancelled' });
    const again = await crctl.run(['rollouts', 'retry-failed', started.id]);
    expect(again.code, again.err).toBe(0);
    expect((await crctl.run(['rollouts', 'cancel', started.id, '--wait'])).code).toBe(0);
  });
});

test('enrol writes a token that only its owner reads; it can be withdrawn', async () => {
  const ended = await crctl.run([
    'enrol',
    `${REGISTRY}/sensor-1`,
    '--lifetime-hours',
    '1',
    '--out',
    'token',
    '-o',
    'json',
  ]);
  expect(ended.code, ended.err).toBe(0);
  const file = join(crctl.folder, 'token');
  const token = readFileSync(file, 'utf8').trim();
  expect(token).toMatch(/^crjoin1\./);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(ended.out + ended.err).not.toContain(token);
  expect(await crctl.json('clients', 'show', full('sensor-1'))).toMatchObject({
    client: { state: 'absent', reach: { enrolment: { state: 'open' } } },
  });
  expect((await crctl.run(['clients', 'withdraw', full('sensor-1')])).code).toBe(0);
});

test('enrol takes more clients than one request, and keeps the tokens that were issued before a refusal', async () => {
  const rows = Array.from({ length: 150 }, (_, nth) => `${REGISTRY},${nth === 119 ? 'press-1' : `many-${nth + 1}`},`);
  const csv = (lines: readonly string[]) => ['connectedRegistry,client,replace', ...lines].join('\n');
  const issued = (name: string) =>
    (JSON.parse(readFileSync(join(crctl.folder, name), 'utf8')) as { enrolments: { joinToken?: string }[] }).enrolments;
  writeFileSync(join(crctl.folder, 'many.csv'), csv(rows));
  const ended = await crctl.run(['enrol', '--file', 'many.csv', '--out', 'many']);
  expect(ended.code, ended.err).toBe(1);
  expect(ended.err).toContain('row 121, replace: is not true, and this client has a credential');
  expect(ended.err).toContain('Rows 2 to 101 have join tokens, which stay valid. Rows 102 to 151 have none.');

  writeFileSync(join(crctl.folder, 'rest.csv'), csv(rows.slice(100).map((row) => `${row}true`)));
  const rest = await crctl.run(['enrol', '--file', 'rest.csv', '--out', 'rest']);
  expect(rest.code, rest.err).toBe(0);
  const tokens = [...issued('many'), ...issued('rest')].map(({ joinToken }) => joinToken);
  expect(new Set(tokens.filter((token) => token?.startsWith('crjoin1.'))).size).toBe(150);
});

test('ops cancel rolls back a run whose device does not answer', async () => {
  const device = it.stack.pidOf('device');
  if (device === undefined) throw new Error('The stack has no device.');
  process.kill(device, 'SIGSTOP');
  try {
    const started = await crctl.run(['onboard', `${REGISTRY}/press-9`, '--repository', 'hello-world', '-o', 'name']);
    const { code, out, err } = await crctl.run(['ops', 'cancel', started.out.trim(), '--wait', '-o', 'json']);
    expect(code, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ status: 'rolledBack', failure: { code: 'cancelled' } });
  } finally {
    process.kill(device, 'SIGCONT');
  }
});

test('revoke and offboard', async () => {
  expect(await crctl.json('revoke', `${REGISTRY}/press-1`, '--yes', '--wait')).toMatchObject({
    operations: [{ kind: 'revoke', status: 'completed' }],
  });
  expect((await crctl.run(['clients', 'list', '--state', 'revoked', '-o', 'name'])).out).toBe(`${full('press-1')}\n`);
  expect(await crctl.json('offboard', `${REGISTRY}/press-1`, `${REGISTRY}/oven-1`, '--yes', '--wait')).toMatchObject({
    operations: [{ status: 'completed' }, { status: 'completed' }],
  });
  expect((await crctl.run(['clients', 'list', '-o', 'name'])).out).not.toContain('press-1');
});

test('login, contexts, use and logout', async () => {
  const { url, key } = it.stack.endpoints.functions;
  writeFileSync(join(crctl.folder, 'key'), key, { mode: 0o600 });
  const without = { CRCTL_URL: '', CRCTL_KEY: '' };
  const runs = (...args: string[]) => crctl.run(args, without);
  expect((await runs('login', '--url', url, '--key-file', 'key', '--name', 'test', '-c', REGISTRY)).code).toBe(0);
  expect((await runs('login', '--url', url, '--key-file', 'key', '--name', 'other', '--skip-check')).code).toBe(0);
  expect((await runs('use', 'test')).code).toBe(0);
  expect((await runs('contexts', '--query', '[?isCurrent].name', '-o', 'name')).out).toBe('test\n');
  expect((await runs('rotate', 'oven-2', '--dry-run')).code).toBe(0);
  expect((await runs('logout', 'other')).code).toBe(0);
  expect(readFileSync(join(crctl.folder, '.config/crctl/contexts.json'), 'utf8')).not.toContain(key);
});

test('--local finds the stack, and needs no key', async () => {
  const env = { CRCTL_URL: '', CRCTL_KEY: '', CRCTL_LOCAL: it.stack.ground.dataFolder };
  const { code, out } = await crctl.run(['--local', 'clients', 'list', '-o', 'name'], env);
  expect(code).toBe(0);
  expect(out).toContain(full('oven-2'));
});

test('doctor and version', async () => {
  expect(await crctl.json('doctor')).toMatchObject({ state: 'ok' });
  const { crctl: own, app } = (await crctl.json('version')) as { crctl: string; app: string };
  expect(app).toBe(own);
});

describe('wrong use', () => {
  test.each<[string, readonly string[], number, string]>([
    ['an unknown flag', ['clients', 'list', '--stat', 'ok'], 2, 'Did you mean --state?'],
    ['an unknown operation', ['ops', 'show', 'nothing.nothing'], 3, '(404 operation-not-found)'],
    ['an unknown client', ['rotate', 'myconnectedregistry/nobody'], 3, '(404 client-unknown)'],
    [
      'an invalid request',
      ['onboard', 'myconnectedregistry/x', '--repository', 'UPPER'],
      4,
      'repositories.0: is not a repository',
    ],
    ['a revocation in a pipeline', ['revoke', 'myconnectedregistry/oven-2'], 2, 'Give --yes if you are sure.'],
  ])('%s', async (_what, args, expected, message) => {
    const { code, out, err } = await crctl.run([...args, '-o', 'json']);
    expect(code).toBe(expected);
    expect(err + out).toContain(message);
  });

  test('a key that has expired', async () => {
    const { code, err } = await crctl.run(['clients', 'list'], { CRCTL_KEY: 'expired' });
    expect(code).toBe(4);
    expect(err).toContain('no longer valid');
    expect(err).not.toContain('expired');
  });

  test('no connection', async () => {
    const { code, err } = await crctl.run(['clients', 'list'], { CRCTL_URL: 'http://localhost:9' });
    expect(code).toBe(1);
    expect(err).toContain('does not answer');
  });

  test('a wait that is too short, after which the operation goes on', async () => {
    const { code, err } = await crctl.run([
      'onboard',
      `${REGISTRY}/press-8`,
      '--repository',
      'hello-world',
      '--wait',
      '--timeout',
      '0s',
    ]);
    expect(code).toBe(5);
    const [, id = ''] = /ops watch (\S+)/.exec(err) ?? [];
    expect(await crctl.json('ops', 'show', id)).toMatchObject({ id });
  });
});
