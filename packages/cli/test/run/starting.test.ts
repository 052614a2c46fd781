import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkBody } from '@connected-registry/protocol/requests/checkRequest';
import { offboardingBody, revocationBody } from '@connected-registry/protocol/requests/clientsRequest';
import { enrolmentBody } from '@connected-registry/protocol/requests/enrolmentRequest';
import { onboardingBody } from '@connected-registry/protocol/requests/onboardingRequest';
import { pollerBody } from '@connected-registry/protocol/requests/pollerRequest';
import { rolloutBody, rolloutHead } from '@connected-registry/protocol/requests/rolloutRequest';
import { rotationBody } from '@connected-registry/protocol/requests/rotationRequest';
import { run } from '../../src/program/run.js';
import { COMPLETED, PROBLEM, ROLLED_BACK, ROLLOUT, RUNNING } from '../fakes/answers.js';
import { fakeWorld, type FakeApp, type WorldOptions } from '../fakes/fakeWorld.js';

const CLIENT = 'myregistry/plant7registry/press-1';
const REFERENCE = { registry: 'myregistry', connectedRegistry: 'plant7registry', client: 'press-1' };
const started = (status = 'running') => ({ operations: [{ ...REFERENCE, id: RUNNING.id, status }] });

async function runCrctl(
  argv: readonly string[],
  app: FakeApp,
  options?: WorldOptions,
  files: Record<string, string> = {},
) {
  const world = fakeWorld(app, options);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(world.cwd, name), text);
  const code = await run(argv, world);
  return { code, out: world.out(), err: world.err(), world };
}

/** The body of the only request. */
async function sent(argv: readonly string[], answer: unknown, options?: WorldOptions, files?: Record<string, string>) {
  const { world, err } = await runCrctl(argv, () => ({ json: answer }), options, files);
  expect(world.requests.length, err).toBe(1);
  const [request] = world.requests;
  const isJson = request?.headers.get('content-type') === 'application/json';
  const body: unknown = isJson ? JSON.parse(request?.body ?? '') : request?.body;
  return { body, path: request?.path };
}

describe('the bodies of requests are what the app takes', () => {
  const RUN = { id: RUNNING.id, status: 'running' };

  test('of an onboarding', async () => {
    const flags =
      '--repository hello-world --image hello-world:1 --endpoint edge:5000 --scope-map some-map --token some-token --lifetime-days 60 --replace-slot password2 --adopt --restore-scope-map --recheck --identity 11111111-2222-3333-4444-555555555555 --identity-type Device --poller 66666666-7777-8888-9999-000000000000';
    const { body, path } = await sent(['onboard', CLIENT, ...flags.split(' ')], RUN);
    expect(path).toBe('/onboardings');
    expect(onboardingBody.parse(body)).toEqual({
      ...REFERENCE,
      repositories: ['hello-world'],
      image: 'hello-world:1',
      endpoint: 'edge:5000',
      scopeMap: 'some-map',
      token: 'some-token',
      credentialLifetimeDays: 60,
      replaceSlot: 'password2',
      adopt: true,
      restoreScopeMap: true,
      recheck: true,
      identity: { principalId: '11111111-2222-3333-4444-555555555555', principalType: 'Device' },
      poller: '66666666-7777-8888-9999-000000000000',
    });
  });

  test('of an onboarding with actions', async () => {
    const { body } = await sent(
      ['onboard', CLIENT, '--repository', 'a', '--repository', 'b=content/read,content/write'],
      RUN,
    );
    expect(onboardingBody.parse(body).repositories).toEqual({
      a: ['content/read'],
      b: ['content/read', 'content/write'],
    });
  });

  test('of an onboarding from a file, in which flags win', async () => {
    const file = 'connectedRegistry: plant7registry\nclient: press-2\nrepositories: [hello-world]\nrecheck: true\n';
    const { body } = await sent(['onboard', '-f', 'a.yaml', '--repository', 'oven'], RUN, {}, { 'a.yaml': file });
    expect(onboardingBody.parse(body)).toEqual({
      connectedRegistry: 'plant7registry',
      client: 'press-2',
      repositories: ['oven'],
      recheck: true,
    });
  });

  test('of an onboarding from stdin', async () => {
    const stdin = JSON.stringify({ ...REFERENCE, repositories: ['hello-world'] });
    const { body } = await sent(['onboard', '-f', '-'], RUN, { stdin });
    expect(onboardingBody.parse(body).client).toBe('press-1');
  });

  test('of a rotation', async () => {
    const { body } = await sent(['rotate', CLIENT, 'press-2', '-c', 'plant8registry', '--urgent', '--yes'], started());
    expect(rotationBody.parse(body)).toEqual({
      clients: [REFERENCE, { connectedRegistry: 'plant8registry', client: 'press-2' }],
      urgent: true,
    });
  });

  test.each([
    ['offboard', offboardingBody],
    ['revoke', revocationBody],
  ] as const)('of %s', async (command, schema) => {
    const { body } = await sent([command, CLIENT, '--yes'], started());
    expect(schema.parse(body)).toEqual({ clients: [REFERENCE] });
  });

  test('of a check', async () => {
    const all = { id: RUNNING.id, status: 'running', operations: [] };
    expect(checkBody.parse((await sent(['check', CLIENT], { ...all, ...started() })).body)).toEqual({
      clients: [REFERENCE],
    });
    expect(checkBody.parse((await sent(['check', '--all'], all)).body)).toEqual({});
  });

  test('of a rollout by names', async () => {
    const flags =
      '--kind onboard --name plant-7 --repository hello-world --lifetime-days 60 --canary 1 --wave-size 100 --pause 10m --failure-percent 5 --failure-minimum 3 --start-at 2027-01-01T00:00:00Z --dry-run';
    const { body, path } = await sent(
      ['rollouts', 'start', CLIENT, ...flags.split(' '), '--freeze-window', '0 18 * * 5|PT62H|Europe/Berlin'],
      ROLLOUT,
    );
    expect(path).toBe('/rollouts');
    expect(rolloutBody.parse(body)).toEqual({
      kind: 'onboard',
      name: 'plant-7',
      clients: [REFERENCE],
      defaults: { repositories: ['hello-world'], credentialLifetimeDays: 60 },
      waves: { canary: 1, size: 100, pauseSeconds: 600 },
      failureLimit: { percent: 5, minimum: 3 },
      startAt: '2027-01-01T00:00:00Z',
      freezeWindows: ['0 18 * * 5|PT62H|Europe/Berlin'],
      dryRun: true,
    });
  });

  test('of a rollout by a selector', async () => {
    const { body } = await sent(
      ['rollouts', 'start', '--kind', 'rotate', '-l', 'state=expiring,connectedRegistry=plant7registry'],
      ROLLOUT,
    );
    expect(rolloutHead.parse(body)).toEqual({
      kind: 'rotate',
      select: { state: 'expiring', connectedRegistry: 'plant7registry' },
    });
  });

  test('of a rollout from CSV: the file as it is, the options in the query', async () => {
    const csv = 'client\npress-1\n';
    const { body, path } = await sent(
      [
        'rollouts',
        'start',
        '--kind',
        'onboard',
        '-f',
        'a.csv',
        '-c',
        'plant7registry',
        '--repository',
        'a',
        '--repository',
        'b',
        '--canary',
        '1',
      ],
      ROLLOUT,
      {},
      { 'a.csv': csv },
    );
    expect(body).toBe(csv);
    expect(Object.fromEntries(new URL(path ?? '', 'https://x').searchParams)).toEqual({
      kind: 'onboard',
      canary: '1',
      connectedRegistry: 'plant7registry',
      repositories: 'a b',
    });
  });

  test('of a rollout from a request in a file: flags win, inside of objects too', async () => {
    const file = JSON.stringify({ kind: 'check', clients: [REFERENCE], waves: { size: 5, canary: 2 } });
    const { body } = await sent(
      ['rollouts', 'start', '-f', 'a.json', '--canary', '1'],
      ROLLOUT,
      {},
      { 'a.json': file },
    );
    expect(rolloutHead.parse(body)).toEqual({ kind: 'check', clients: [REFERENCE], waves: { size: 5, canary: 1 } });
  });

  test('of join tokens', async () => {
    const { body } = await sent(
      [
        'enrol',
        CLIENT,
        '--lifetime-hours',
        '4',
        '--address',
        '198.51.100.0/24,203.0.113.7',
        '--replace',
        '--show-tokens',
      ],
      { enrolments: [] },
    );
    expect(enrolmentBody.parse(body)).toEqual({
      clients: [{ ...REFERENCE, replace: true }],
      lifetimeHours: 4,
      addresses: ['198.51.100.0/24', '203.0.113.7'],
    });
  });
});

describe('waiting', () => {
  /** Starts, then shows each operation in turn; the last one stays. */
  const following = (...seen: unknown[]): FakeApp => {
    return ({ method }) => {
      if (method === 'POST') return { json: started() };
      return { json: seen.length > 1 ? seen.shift() : seen[0] };
    };
  };

  test('ends with the operation: 0 if it has completed', async () => {
    const { code, out, err } = await runCrctl(['rotate', CLIENT, '--wait'], following(RUNNING, RUNNING, COMPLETED));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('status      completed');
  });

  test('ends with 1 if it was rolled back, and says why', async () => {
    const { code, out } = await runCrctl(['rotate', CLIENT, '--wait'], following(RUNNING, ROLLED_BACK));
    expect(code).toBe(1);
    expect(out).toContain('failure     pull-check-deadline');
    expect(out).toContain('scope map onb-hello-world: it existed before');
  });

  test('gives up with 5, and says how to look again', async () => {
    const { code, out, err, world } = await runCrctl(
      ['rotate', CLIENT, '--wait', '--timeout', '3s', '--url', 'https://app.example.org'],
      following(RUNNING),
    );
    expect({ code, out }).toEqual({ code: 5, out: '' });
    expect(err).toContain(`crctl --url https://app.example.org ops watch ${RUNNING.id}`);
    expect(world.slept.reduce((sum, one) => sum + one, 0)).toBe(3000);
  });

  test('ends with 130 at Ctrl-C, and says what goes on', async () => {
    const world = fakeWorld(({ method }) => {
      if (method === 'POST') return { json: started() };
      world.interrupt();
      return { json: RUNNING };
    });
    expect(await run(['rotate', CLIENT, '--wait'], world)).toBe(130);
    expect(world.err()).toContain('The app goes on with it. Look again with:');
    expect(world.err()).toContain(`ops watch ${RUNNING.id}`);
  });

  test('without --wait says how to follow', async () => {
    const { code, out, err } = await runCrctl(['rotate', CLIENT, '-o', 'name'], following());
    expect({ code, out }).toEqual({ code: 0, out: `${RUNNING.id}\n` });
    expect(err).toBe(`Follow with: crctl ops watch ${RUNNING.id}\n`);
  });

  test('a cancelled operation is what was asked for', async () => {
    const cancelled = { ...ROLLED_BACK, failure: { ...ROLLED_BACK.failure, code: 'cancelled' } };
    const app =
      (end: unknown): FakeApp =>
      ({ method }) => ({ json: method === 'POST' ? { id: RUNNING.id, status: 'running' } : end });
    expect((await runCrctl(['ops', 'cancel', RUNNING.id, '--wait'], app(cancelled))).code).toBe(0);
    expect((await runCrctl(['ops', 'cancel', RUNNING.id, '--wait'], app(COMPLETED))).code).toBe(1);
  });

  test.each<[string, object, number]>([
    ['completed', { status: 'completed', counts: { ...ROLLOUT.counts, running: 0, failed: 0 } }, 0],
    ['completed with failures', { status: 'completed', counts: { ...ROLLOUT.counts, running: 0 } }, 1],
    [
      'paused by its failure limit',
      { status: 'paused', reason: 'failure-limit', counts: { ...ROLLOUT.counts, running: 0 } },
      1,
    ],
    ['stopped', { status: 'stopped', reason: 'fault', counts: { ...ROLLOUT.counts, running: 0 } }, 1],
    ['refused', { status: 'refused', counts: { ...ROLLOUT.counts, running: 0 } }, 4],
  ])('for a rollout that is %s', async (_what, change, expected) => {
    const app: FakeApp = ({ method }) => ({ json: method === 'POST' ? ROLLOUT : { ...ROLLOUT, ...change } });
    const { code } = await runCrctl(['rollouts', 'start', '--kind', 'check', CLIENT, '--wait'], app);
    expect(code).toBe(expected);
  });

  test('for a rollout that is to pause ends well once it is paused', async () => {
    const paused = { ...ROLLOUT, status: 'paused', reason: 'operator', counts: { ...ROLLOUT.counts, running: 0 } };
    const app: FakeApp = ({ method }) => ({ json: method === 'POST' ? ROLLOUT : paused });
    expect((await runCrctl(['rollouts', 'pause', ROLLOUT.id, '--wait'], app)).code).toBe(0);
  });
});

describe('watching without a terminal', () => {
  test('prints a line of JSON for each change of an operation', async () => {
    const seen = [RUNNING, RUNNING, COMPLETED];
    const { code, out } = await runCrctl(['ops', 'watch', RUNNING.id], () => ({ json: seen.shift() }));
    expect(code).toBe(0);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([RUNNING, COMPLETED]);
  });

  test('does not take estimates of a rollout for changes', async () => {
    const end = { ...ROLLOUT, status: 'completed', counts: { ...ROLLOUT.counts, running: 0 } };
    const seen = [ROLLOUT, { ...ROLLOUT, secondsLeft: 300, ratePerMinute: 30 }, end];
    const { code, out } = await runCrctl(['rollouts', 'watch', ROLLOUT.id], () => ({ json: seen.shift() }));
    expect(code).toBe(1);
    expect(out.trim().split('\n')).toHaveLength(2);
  });
});

describe('some of several clients are refused', () => {
  const problem = { ...PROBLEM, errors: undefined, status: 409, code: 'another-run', running: 'x.1' };

  test('the others are started, and the exit code tells', async () => {
    const operations = [...started().operations, { ...REFERENCE, client: 'press-2', problem }];
    const { code, out, err } = await runCrctl(['rotate', CLIENT, 'plant7registry/press-2'], () => ({
      json: { operations },
    }));
    expect(code).toBe(4);
    expect(out).toContain(RUNNING.id);
    expect(err).toContain('myregistry/plant7registry/press-2: The request is not valid. (409 another-run)');
  });

  test('also after waiting for those', async () => {
    const operations = [...started().operations, { ...REFERENCE, client: 'press-2', problem }];
    const { code, err } = await runCrctl(['rotate', CLIENT, 'plant7registry/press-2', '--wait'], ({ method }) => ({
      json: method === 'POST' ? { operations } : COMPLETED,
    }));
    expect(code).toBe(4);
    expect(err).toContain('press-2');
  });
});

test('a dry run says which vault a device needs', async () => {
  const vaults = [{ client: 'press-1', vault: 'edge-vault.vault.azure.net' }];
  const { code, out } = await runCrctl(['onboard', CLIENT, '--dry-run'], () => ({
    json: { problems: [], writes: [], adopts: [], vaults },
  }));
  expect(code).toBe(0);
  expect(out).toContain('nothing would be written');
  expect(out).toMatch(/press-1 +edge-vault\.vault\.azure\.net/);
});

test('a dry run that would be refused ends with 4, and shows each fix', async () => {
  const problems = [
    {
      code: 'repository-not-synced',
      field: 'repositories.nope',
      message: 'It is not synced.',
      fix: 'az acr ...\naz two',
    },
    { code: 'fact-unknown', message: 'Nobody knows.', fix: 'Look.', unknown: true },
  ];
  const answer = { problems, writes: [], adopts: [] };
  const { code, out } = await runCrctl(['onboard', CLIENT, '--dry-run'], () => ({ json: answer }));
  expect(code).toBe(4);
  expect(out).toContain('repositories.nope, repository-not-synced: It is not synced.\n    az acr ...\n    az two');
  const onlyUnknown = { ...answer, problems: problems.slice(1) };
  expect((await runCrctl(['onboard', CLIENT, '--dry-run'], () => ({ json: onlyUnknown }))).code).toBe(0);
});

describe('at a terminal', () => {
  const env = { CRCTL_URL: 'https://app.example.org', CRCTL_KEY: 'k', NO_COLOR: '1', TERM: 'dumb' };

  test.each([
    ['y\n', 0, 1],
    ['yes\n', 0, 1],
    ['n\n', 1, 0],
    ['\n', 1, 0],
    ['yesterday\n', 1, 0],
  ])('a revocation asks, and the answer %j counts', async (stdin, expected, requests) => {
    const { code, err, world } = await runCrctl(['revoke', CLIENT], () => ({ json: started() }), {
      stdin,
      columns: 80,
      env,
    });
    expect(err).toContain(`Block ${CLIENT}? [y/N] `);
    expect({ code, requests: world.requests.length }).toEqual({ code: expected, requests });
  });

  test('a dry run does not ask', async () => {
    const { code, err } = await runCrctl(
      ['revoke', CLIENT, '--dry-run'],
      () => ({ json: { problems: [], writes: [], adopts: [] } }),
      { columns: 80, env },
    );
    expect(code).toBe(0);
    expect(err).not.toContain('[y/N]');
  });
});

describe('join tokens', () => {
  const key = 'myregistry-plant7registry-press-1-21982a38dae198be';
  const TOKEN = 'crjoin1.content.key.secret';
  const answer = {
    enrolments: [{ key, ...REFERENCE, joinToken: TOKEN, expiresAt: '2026-12-01T12:00:00.000Z' }],
  };

  test('go to a new file of their owner, and nowhere else', async () => {
    const { code, out, err, world } = await runCrctl(['enrol', CLIENT, '--out', 'token'], () => ({
      status: 201,
      json: answer,
    }));
    expect(code).toBe(0);
    expect(out + err).not.toContain(TOKEN);
    const file = join(world.cwd, 'token');
    expect(readFileSync(file, 'utf8')).toBe(`${TOKEN}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('of several clients are the answer, as JSON', async () => {
    const { world } = await runCrctl(
      ['enrol', '-f', 'a.csv', '--out', 'tokens'],
      () => ({ status: 201, json: answer }),
      {},
      { 'a.csv': 'client\npress-1\n' },
    );
    expect(JSON.parse(readFileSync(join(world.cwd, 'tokens'), 'utf8'))).toEqual(answer);
  });

  test('never replace a file, and are not issued then', async () => {
    const { code, world } = await runCrctl(
      ['enrol', CLIENT, '--out', 'token'],
      () => ({ json: answer }),
      {},
      { token: 'x' },
    );
    expect({ code, requests: world.requests.length }).toEqual({ code: 2, requests: 0 });
    expect(readFileSync(join(world.cwd, 'token'), 'utf8')).toBe('x');
  });

  test('leave no file if they are refused', async () => {
    const { code, world } = await runCrctl(['enrol', CLIENT, '--out', 'token'], () => ({ status: 400, json: PROBLEM }));
    expect(code).toBe(4);
    expect(existsSync(join(world.cwd, 'token'))).toBe(false);
  });

  test('are printed if asked for', async () => {
    const { out } = await runCrctl(['enrol', CLIENT, '--show-tokens', '-o', 'name'], () => ({
      status: 201,
      json: answer,
    }));
    expect(out).toBe(`${TOKEN}\n`);
  });

  test('can be withdrawn', async () => {
    const { code, world } = await runCrctl(['clients', 'withdraw', key], () => ({ status: 204 }));
    expect(code).toBe(0);
    expect(world.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([`DELETE /enrolments/${key}`]);
  });
});

describe('the poller of a client', () => {
  const key = 'myregistry-plant7registry-press-1-21982a38dae198be';
  const objectId = '66666666-7777-8888-9999-000000000000';

  test('is set without a run', async () => {
    const poller = { objectId, since: '2026-03-01T12:00:00.000Z' };
    const { code, out, world } = await runCrctl(['clients', 'set-poller', key, objectId], () => ({
      json: { key, poller },
    }));
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining(objectId) });
    const [request] = world.requests;
    expect(`${request?.method} ${request?.path}`).toBe(`PUT /clients/${key}/poller`);
    expect(pollerBody.parse(JSON.parse(request?.body ?? ''))).toEqual({ poller: objectId });
  });

  test('is removed', async () => {
    const { code, out, world } = await runCrctl(['clients', 'remove-poller', key, '-o', 'name'], () => ({
      status: 204,
    }));
    expect({ code, out }).toEqual({ code: 0, out: `${key}\n` });
    expect(world.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([`DELETE /clients/${key}/poller`]);
  });

  test('has to be named to be set', async () => {
    const { code, world } = await runCrctl(['clients', 'set-poller', key], () => ({ status: 204 }));
    expect({ code, requests: world.requests.length }).toEqual({ code: 2, requests: 0 });
  });
});
