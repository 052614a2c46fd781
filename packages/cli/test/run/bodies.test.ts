import { describe, expect, test } from 'vitest';
import { checkBody } from '@connected-registry/protocol/requests/checkRequest';
import { offboardingBody, revocationBody } from '@connected-registry/protocol/requests/clientsRequest';
import { enrolmentBody } from '@connected-registry/protocol/requests/enrolmentRequest';
import { onboardingBody } from '@connected-registry/protocol/requests/onboardingRequest';
import { rolloutBody, rolloutHead } from '@connected-registry/protocol/requests/rolloutRequest';
import { rotationBody } from '@connected-registry/protocol/requests/rotationRequest';
import { ROLLOUT, RUNNING } from '../fakes/answers.js';
import { CLIENT, REFERENCE, sent, started } from '../fakes/runCrctl.js';

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
