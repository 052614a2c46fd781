import { describe, expect, test } from 'vitest';
import { VERSION } from '@connected-registry/protocol/names/version';
import { run } from '../../src/program/run.js';
import { fakeWorld, type FakeApp } from '../fakes/fakeWorld.js';

const app =
  (version: string, state: string): FakeApp =>
  ({ path }) => {
    if (path === '/openapi.json') return { json: { info: { version } } };
    if (path.startsWith('/operations')) return { json: { operations: [] } };
    const fix = 'az role assignment create --role X\nwait ten minutes';
    return { json: { state: 'faulty', rights: [{ right: 'registries/read', on: 'myregistry', state, fix }] } };
  };

async function runCrctl(argv: readonly string[], answer: FakeApp, env?: Readonly<Record<string, string>>) {
  const world = fakeWorld(answer, env ? { env } : {});
  const code = await run(argv, world);
  return { code, out: world.out(), err: world.err() };
}

describe('version', () => {
  test('has that of the app', async () => {
    const { code, out } = await runCrctl(['version', '-o', 'json'], app('9.9.9', 'given'));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ crctl: VERSION, app: '9.9.9', node: process.versions.node });
  });

  test('says that it is unknown, and why', async () => {
    const { code, out, err } = await runCrctl(['version'], app('9.9.9', 'given'), {});
    expect(code).toBe(0);
    expect(out).toMatch(/\n\S+ +unknown +/);
    expect(err).toContain('No app is chosen.');
  });

  test('--version needs no app', async () => {
    expect(await runCrctl(['--version'], app('9.9.9', 'given'), {})).toEqual({ code: 0, out: `${VERSION}\n`, err: '' });
  });
});

describe('doctor', () => {
  const states = async (answer: FakeApp, env?: Readonly<Record<string, string>>) => {
    const { code, out, err } = await runCrctl(
      ['doctor', '--query', 'findings[].[what, state]', '-o', 'json'],
      answer,
      env,
    );
    return { code, found: JSON.parse(out) as unknown, err };
  };

  test('finds nothing', async () => {
    expect(await states(app(VERSION, 'given'))).toEqual({
      code: 0,
      found: [
        ['crctl', 'ok'],
        ['app', 'ok'],
        ['version', 'ok'],
        ['sign-in', 'ok'],
        ['registries/read', 'ok'],
      ],
      err: '',
    });
  });

  test('finds a missing right, with its fix', async () => {
    const { code, found, err } = await states(app(VERSION, 'missing'));
    expect(code).toBe(1);
    expect(found).toContainEqual(['registries/read', 'faulty']);
    expect(err).toContain('az role assignment create --role X');
  });

  test('takes what is unknown for no fault', async () => {
    const { code, found } = await states(app('9.9.9', 'unknown'));
    expect(code).toBe(0);
    expect(found).toEqual(
      expect.arrayContaining([
        ['version', 'unknown'],
        ['registries/read', 'unknown'],
      ]),
    );
  });

  test.each<[string, FakeApp, Readonly<Record<string, string>> | undefined, string]>([
    ['no app is chosen', app(VERSION, 'given'), {}, 'app'],
    ['the app does not answer', () => ({ status: 500, text: '' }), undefined, 'connection'],
    [
      'the key is wrong',
      (request) => (request.path === '/openapi.json' ? { json: { info: { version: VERSION } } } : { status: 401 }),
      undefined,
      'sign-in',
    ],
    [
      'the rights cannot be read',
      (request) => (request.path === '/health' ? { status: 500 } : app(VERSION, 'given')(request)),
      undefined,
      'rights',
    ],
  ])('names the step that fails if %s', async (_what, answer, env, what) => {
    const { code, found } = await states(answer, env);
    expect(code).toBe(1);
    expect((found as unknown[]).at(-1)).toEqual([what, 'faulty']);
  });
});

describe('schedule', () => {
  test('says how many more there are', async () => {
    const client = {
      registry: 'r',
      connectedRegistry: 'c',
      client: 'd',
      slot: 'password1',
      expiresOn: '2027-02-28T11:00:00.000Z',
      dueAt: '2027-02-01T11:00:00.000Z',
      deadline: '2027-02-14T11:00:00.000Z',
      state: 'deferred',
      deferred: { reason: 'freeze', until: '2027-02-02T11:00:00.000Z' },
      unknown: ['lastSync'],
    };
    const { out, err } = await runCrctl(['schedule', '-n', '1'], () => ({ json: { clients: [client], total: 3 } }));
    expect(out).toContain('freeze until 2027-02-02 11:00Z; unknown: lastSync');
    expect(err).toContain('1 of 3');
  });
});
