import { describe, expect, test } from 'vitest';
import { CONNECTED_REGISTRY } from '../../../fakes/answers/requests.js';
import { errorsOf, usePostRollouts } from './postRolloutsUnderTest.js';

const it = usePostRollouts();

describe('POST /api/rollouts with CSV', () => {
  const FILE = `client,connectedRegistry\na,${CONNECTED_REGISTRY}\nb,${CONNECTED_REGISTRY}\n`;

  test('takes its options and defaults from the query', async () => {
    const { status, body } = await it.csv('client,repositories\na,\nb,x;y\n', {
      kind: 'onboard',
      name: 'From a file',
      canary: '1',
      size: '10',
      pauseSeconds: '60',
      percent: '2.5',
      minimum: '2',
      startAt: '2026-03-02T00:00:00Z',
      freezeWindows: '0 18 * * 5|PT62H;0 6 * * 1|PT1H',
      dryRun: 'true',
      connectedRegistry: CONNECTED_REGISTRY,
      repositories: 'hello-world samples/edge',
    });
    expect([status, body]).toMatchObject([202, { name: 'From a file', dryRun: true, rows: 2 }]);
    expect(it.engine.inputs[0]?.plan).toMatchObject({
      waves: { canary: 1, size: 10, pauseSeconds: 60 },
      failureLimit: { percent: 2.5, minimum: 2 },
      startAt: '2026-03-02T00:00:00.000Z',
      freezeWindows: [{ cron: '0 18 * * 5' }, { cron: '0 6 * * 1' }],
    });
    expect(it.engine.piece(String(body['id']))?.requests).toMatchObject([
      { permissions: { 'hello-world': ['content/read'], 'samples/edge': ['content/read'] } },
      { permissions: { x: ['content/read'], y: ['content/read'] } },
    ]);
  });

  test.each<[Record<string, string>, object]>([
    [{ canary: '1' }, { waves: { canary: 1, size: 500, pauseSeconds: 0 } }],
    [{ percent: '5' }, { failureLimit: { percent: 5, minimum: 5 } }],
    [{ minimum: '1' }, { failureLimit: { percent: 10, minimum: 1 } }],
  ])('fills in what waves and a limit do not have: %o', async (query, expected) => {
    expect((await it.csv(FILE, { kind: 'rotate', ...query })).status).toBe(202);
    expect(it.engine.inputs[0]?.plan).toMatchObject(expected);
  });

  test.each<[string, Record<string, string>, string]>([
    ['no kind', {}, 'kind'],
    ['a size that is no number', { kind: 'rotate', size: 'many' }, 'size'],
    ['a percentage over 100', { kind: 'rotate', percent: '101', minimum: '1' }, 'percent'],
    ['a flag that is none', { kind: 'rotate', dryRun: 'yes' }, 'dryRun'],
    ['an unknown parameter', { kind: 'rotate', speed: '9' }, 'speed'],
    ['a client for all', { kind: 'rotate', client: 'a' }, 'client'],
    ['a repository that is none', { kind: 'onboard', repositories: 'UPPER' }, 'repositories'],
    ['a window that is none', { kind: 'rotate', freezeWindows: 'always' }, 'freezeWindows.0'],
  ])('refuses %s by the parameter', async (_, query, field) => {
    const answer = await it.csv(FILE, query);
    expect([answer.status, errorsOf(answer).map(([name]) => name)]).toEqual([400, [field]]);
  });

  test.each<[string, string, string, number, string]>([
    ['a name with spaces', `client,connectedRegistry\n\na b,${CONNECTED_REGISTRY}\n`, 'rotate', 3, 'client'],
    ['a client twice', `${FILE}\na,${CONNECTED_REGISTRY.toUpperCase()}\n`, 'rotate', 5, 'client'],
    [
      'an identity that is none',
      `client,connectedRegistry,repositories,principalId\na,${CONNECTED_REGISTRY},hello-world,device\n`,
      'onboard',
      2,
      'principalId',
    ],
    [
      'an unknown registry',
      `client,connectedRegistry,registry\na,${CONNECTED_REGISTRY},otherregistry\n`,
      'check',
      2,
      'registry',
    ],
    ['no connected registry', 'client,connectedRegistry\na,\n', 'offboard', 2, 'connectedRegistry'],
    [
      'a repository that is none',
      `client,connectedRegistry,repositories\na,${CONNECTED_REGISTRY},ok;NOT\n`,
      'onboard',
      2,
      'repositories',
    ],
    ['no repositories', FILE.replace('\nb,myconnectedregistry', ''), 'onboard', 2, 'repositories'],
    [
      'a lifetime that is no number',
      `client,connectedRegistry,repositories,credentialLifetimeDays\na,${CONNECTED_REGISTRY},x,90d\n`,
      'onboard',
      2,
      'credentialLifetimeDays',
    ],
    [
      'a flag that is none',
      `client,connectedRegistry,repositories,adopt\na,${CONNECTED_REGISTRY},x,yes\n`,
      'onboard',
      2,
      'adopt',
    ],
    [
      'fields of an onboarding',
      `client,connectedRegistry,repositories\na,${CONNECTED_REGISTRY},x\n`,
      'rotate',
      2,
      'repositories',
    ],
    ['a quote that is not closed', 'client\n"a\n', 'rotate', 2, 'client'],
  ])('names line and column of %s', async (_, file, kind, line, column) => {
    const answer = await it.csv(file, { kind });
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ row: line, column }]);
    expect(answer.body['errorCount']).toBe(1);
    expect([it.engine.starts, it.engine.signals]).toEqual([0, []]);
  });

  test('recognises the content type with its parameters, and reads anything else as JSON', async () => {
    const headers = (type: string) => ({ headers: { 'content-type': type }, query: { kind: 'check' } });
    expect((await it.post(FILE, headers('Text/CSV; charset=utf-8'))).status).toBe(202);
    expect((await it.post(FILE, headers('text/csv-schema'))).body['errors']).toMatchObject([
      { message: 'is not JSON' },
    ]);
  });
});
