import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problem } from './harness/appClient.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

let it: TestStack;
let untouched: Awaited<ReturnType<TestStack['operator']['everything']>>;
beforeAll(async () => {
  it = await startTestStack();
  // At once, since the app may keep a sync scope for a minute.
  await it.operator.widenSyncScope('not-there-yet');
  untouched = await it.operator.everything();
});
afterAll(() => it.dispose());

const GOOD = { connectedRegistry: 'myconnectedregistry', client: 'device', repositories: ['hello-world'] };

describe('an invalid body', () => {
  const { connectedRegistry: _, ...noConnectedRegistry } = GOOD;
  const { client: __, ...noClient } = GOOD;
  const { repositories: ___, ...noRepositories } = GOOD;

  test.each<[string, unknown, string]>([
    ['no connected registry', noConnectedRegistry, 'connectedRegistry'],
    ['a number as connected registry', { ...GOOD, connectedRegistry: 5 }, 'connectedRegistry'],
    ['a connected registry with a hyphen', { ...GOOD, connectedRegistry: 'my-connected' }, 'connectedRegistry'],
    ['a connected registry that is too short', { ...GOOD, connectedRegistry: 'abcd' }, 'connectedRegistry'],
    ['null as connected registry', { ...GOOD, connectedRegistry: null }, 'connectedRegistry'],
    ['no client', noClient, 'client'],
    ['an empty client', { ...GOOD, client: '' }, 'client'],
    ['a client of 129 characters', { ...GOOD, client: 'x'.repeat(129) }, 'client'],
    ['a client with a space', { ...GOOD, client: 'my device' }, 'client'],
    ['a client with a slash', { ...GOOD, client: 'my/device' }, 'client'],
    ['a client with a line break', { ...GOOD, client: 'device\n' }, 'client'],
    ['no repositories', noRepositories, 'repositories'],
    ['an empty list of repositories', { ...GOOD, repositories: [] }, 'repositories'],
    ['an empty object of repositories', { ...GOOD, repositories: {} }, 'repositories'],
    ['a text as repositories', { ...GOOD, repositories: 'hello-world' }, 'repositories'],
    ['a repository in upper case', { ...GOOD, repositories: ['Hello-World'] }, 'repositories'],
    ['a repository with an empty part', { ...GOOD, repositories: ['a//b'] }, 'repositories'],
    ['a number as repository', { ...GOOD, repositories: [1] }, 'repositories'],
    ['a wildcard in the middle', { ...GOOD, repositories: ['a/*/b'], image: 'a/x/b:latest' }, 'repositories'],
    ['no actions', { ...GOOD, repositories: { 'hello-world': [] } }, 'repositories'],
    ['an unknown action', { ...GOOD, repositories: { 'hello-world': ['content/pull'] } }, 'repositories'],
    ['a text as actions', { ...GOOD, repositories: { 'hello-world': 'content/read' } }, 'repositories'],
    ['a gateway action', { ...GOOD, repositories: { 'hello-world': ['config/read'] } }, 'repositories'],
    ['a registry that cannot be one', { ...GOOD, registry: 'x' }, 'registry'],
    ['a scope map that is too short', { ...GOOD, scopeMap: 'abcd' }, 'scopeMap'],
    ['a scope map that is too long', { ...GOOD, scopeMap: 'x'.repeat(51) }, 'scopeMap'],
    ['a system scope map', { ...GOOD, scopeMap: '_repositories_pull' }, 'scopeMap'],
    ['a token with an underscore', { ...GOOD, token: 'my_token' }, 'token'],
    ['a token that is too long', { ...GOOD, token: 'x'.repeat(51) }, 'token'],
    ['an endpoint with a path', { ...GOOD, endpoint: 'localhost:8000/v2' }, 'endpoint'],
    ['an endpoint that is a URL', { ...GOOD, endpoint: 'http://localhost:8000' }, 'endpoint'],
    ['an image with a host', { ...GOOD, image: 'localhost:8000/hello-world:latest' }, 'image'],
    ['an image of another repository', { ...GOOD, image: 'private-base:latest' }, 'image'],
    ['an image with half a digest', { ...GOOD, image: 'hello-world@sha256:12' }, 'image'],
    ['only wildcards, and no image', { ...GOOD, repositories: ['samples/*'] }, 'image'],
    ['a lifetime of 30 days', { ...GOOD, credentialLifetimeDays: 30 }, 'credentialLifetimeDays'],
    ['a lifetime of 731 days', { ...GOOD, credentialLifetimeDays: 731 }, 'credentialLifetimeDays'],
    ['a lifetime of half a day more', { ...GOOD, credentialLifetimeDays: 90.5 }, 'credentialLifetimeDays'],
    ['a lifetime as text', { ...GOOD, credentialLifetimeDays: '90' }, 'credentialLifetimeDays'],
    ['a third slot', { ...GOOD, replaceSlot: 'password3' }, 'replaceSlot'],
    ['a text as dryRun', { ...GOOD, dryRun: 'yes' }, 'dryRun'],
    ['a number as recheck', { ...GOOD, recheck: 1 }, 'recheck'],
    ['an unknown field', { ...GOOD, repository: 'hello-world' }, 'repository'],
    ['a password', { ...GOOD, password: 'secret' }, 'password'],
  ])('(%s) is a 400 that names the field', async (_name, body, field) => {
    const answer = await it.app.post(body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    const { errors = [] } = problem.parse(answer.body);
    expect(errors.map((error) => error.field.split(/[.[]/)[0])).toContain(field);
    for (const { message, fix } of errors) expect([message, fix]).not.toContain('');
  });

  test.each([
    ['nothing', ''],
    ['no JSON', '{"client":'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a text', '"hello"'],
  ])('(%s) is a 400', async (_name, body) => {
    const answer = await it.app.post(body);
    expect(answer.status).toBe(400);
    problem.parse(answer.body);
  });

  test('with several errors is answered with all of them at once', async () => {
    const answer = await it.app.post({ connectedRegistry: '?', client: ' ', repositories: [], extra: 1 });
    const fields = (problem.parse(answer.body).errors ?? []).map(({ field }) => field);
    expect(fields).toEqual(expect.arrayContaining(['client', 'connectedRegistry', 'extra', 'repositories']));
  });
});

describe('an onboarding that cannot succeed ends rolledBack before any write', () => {
  const refused = async (body: unknown): Promise<{ code: string; field?: string | undefined; fix: string }[]> => {
    const ended = await it.app.end(await it.app.start(body));
    expect(ended.status).toBe('rolledBack');
    expect(ended.failure?.residue).toEqual([]);
    return ended.failure?.problems ?? [];
  };

  test('because of an unknown connected registry', async () => {
    const problems = await refused({ ...GOOD, connectedRegistry: 'nosuchregistry' });
    expect(problems).toEqual([
      expect.objectContaining({ code: 'connected-registry-not-found', field: 'connectedRegistry' }),
    ]);
  });

  test('because of a repository outside the sync scope, with the command that adds it', async () => {
    const problems = await refused({ ...GOOD, repositories: ['hello-world', 'private-base'] });
    expect(problems).toEqual([
      expect.objectContaining({ code: 'repository-not-synced', field: 'repositories.private-base' }),
    ]);
    expect(problems[0]?.fix).toContain('az acr connected-registry permissions update');
  });

  test('with every problem at once', async () => {
    const problems = await refused({
      ...GOOD,
      repositories: { 'private-base': ['content/read', 'content/write'] },
      scopeMap: 'myconnectedregistry',
      token: 'myconnectedregistry',
      endpoint: 'elsewhere.example:8000',
    });
    expect(problems.map(({ code }) => code).toSorted()).toEqual([
      'connected-registry-read-only',
      'endpoint-not-allowed',
      'repository-not-synced',
      'scope-map-reserved',
      'token-reserved',
    ]);
  });

  test('so that none of these wrote anything', async () => {
    expect(await it.operator.everything()).toEqual(untouched);
  });
});

test('a repository that is in the sync scope but not at the edge fails the pull check, and the run is undone', async () => {
  const ended = await it.app.end(await it.app.start({ ...GOOD, client: 'early', repositories: ['not-there-yet'] }));
  expect(ended).toMatchObject({ status: 'rolledBack', failure: { code: 'pull-manifest-unknown', residue: [] } });
  expect(await it.operator.everything()).toEqual(untouched);
});
