import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../src/program/run.js';
import { APP_URL, fakeWorld, KEY, type FakeWorld } from '../fakes/fakeWorld.js';

const OTHER_URL = 'https://other.example.org';
const listing = () => ({ json: { operations: [] } });

/** Runs a command line in a world with another environment. */
function runCrctl(world: FakeWorld, env: Readonly<Record<string, string>>, ...argv: readonly string[]) {
  return run(argv, { ...world, env });
}
const fileOf = (world: FakeWorld) => join(world.home, '.config', 'crctl', 'contexts.json');

describe('login', () => {
  test('tries the sign-in, keeps no secret, and makes the context the current one', async () => {
    const world = fakeWorld(listing);
    writeFileSync(join(world.cwd, 'key'), `${KEY}\n`);
    expect(await runCrctl(world, {}, 'login', '--url', APP_URL, '--key-file', 'key', '-c', 'plant7registry')).toBe(0);
    expect(world.requests[0]?.headers.get('x-functions-key')).toBe(KEY);
    const text = readFileSync(fileOf(world), 'utf8');
    expect(text).not.toContain(KEY);
    expect(JSON.parse(text)).toEqual({
      version: 1,
      current: 'app',
      contexts: {
        app: {
          url: APP_URL,
          auth: { kind: 'key', from: { kind: 'file', path: join(world.cwd, 'key') } },
          connectedRegistry: 'plant7registry',
        },
      },
    });
    expect(statSync(fileOf(world)).mode & 0o777).toBe(0o600);
    expect(await runCrctl(world, {}, 'rotate', 'press-1')).toBe(0);
    expect(JSON.parse(world.requests[1]?.body ?? '')).toEqual({
      clients: [{ connectedRegistry: 'plant7registry', client: 'press-1' }],
    });
  });

  test('keeps nothing if the app refuses', async () => {
    const world = fakeWorld(() => ({ status: 401, text: '' }));
    expect(await runCrctl(world, { CRCTL_KEY: 'wrong' }, 'login', '--url', APP_URL)).toBe(4);
    expect(() => readFileSync(fileOf(world))).toThrow('ENOENT');
  });

  test('gives a file that others could read back to its owner', async () => {
    const world = fakeWorld(listing);
    mkdirSync(join(world.home, '.config', 'crctl'), { recursive: true });
    writeFileSync(fileOf(world), JSON.stringify({ version: 1, contexts: {} }));
    chmodSync(fileOf(world), 0o644);
    expect(await runCrctl(world, { CRCTL_KEY: KEY }, 'login', '--url', APP_URL)).toBe(0);
    expect(statSync(fileOf(world)).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['no address', ['login'], 'Which app?'],
    ['no sign-in', ['login', '--url', APP_URL], 'How do you sign in?'],
    ['a name that cannot be typed', ['login', '--url', APP_URL, '--name', 'a b', '--scope', 's'], 'is not a name'],
  ])('refuses %s', async (_what, argv, message) => {
    const world = fakeWorld(listing);
    expect(await runCrctl(world, {}, ...argv)).toBe(2);
    expect(world.err()).toContain(message);
  });
});

describe('the key store of the system', () => {
  const login = ['login', '--url', APP_URL, '--name', 'kept', '--store-key'];

  test('gets a key by request only, and gives it to its context', async () => {
    const world = fakeWorld(listing, { stdin: `${KEY}\n` });
    expect(await runCrctl(world, {}, ...login)).toBe(0);
    expect(world.keys).toEqual(new Map([['kept', KEY]]));
    expect(readFileSync(fileOf(world), 'utf8')).not.toContain(KEY);
    expect(await runCrctl(world, {}, 'ops', 'list')).toBe(0);
    expect(world.requests.map(({ headers }) => headers.get('x-functions-key'))).toEqual([KEY, KEY]);
    expect(world.out() + world.err()).not.toContain(KEY);
    expect(await runCrctl(world, {}, 'logout', 'kept')).toBe(0);
    expect(world.keys.size).toBe(0);
  });

  test('gets no key that the app refuses', async () => {
    const world = fakeWorld(() => ({ status: 401 }), { stdin: 'wrong' });
    expect(await runCrctl(world, {}, ...login)).toBe(4);
    expect(world.keys.size).toBe(0);
  });

  test('that has lost the key is no reason to ask without one', async () => {
    const world = fakeWorld(listing);
    expect(await runCrctl(world, { CRCTL_KEY: KEY }, ...login)).toBe(0);
    world.keys.clear();
    expect(await runCrctl(world, {}, 'ops', 'list')).toBe(2);
    expect(world.requests).toHaveLength(1);
  });

  test('is not needed for a key that is none', async () => {
    const world = fakeWorld(listing, { stdin: 'two words' });
    expect(await runCrctl(world, {}, ...login)).toBe(2);
    expect(world.requests).toEqual([]);
  });
});

describe('contexts', () => {
  async function withTwo(): Promise<FakeWorld> {
    const world = fakeWorld(listing);
    for (const [url, name] of [
      [APP_URL, 'one'],
      [OTHER_URL, 'two'],
    ] as const) {
      writeFileSync(join(world.cwd, name), `key-of-${name}`);
      expect(await runCrctl(world, {}, 'login', '--url', url, '--name', name, '--key-file', name)).toBe(0);
    }
    return world;
  }
  const last = (world: FakeWorld) => world.requests.at(-1);

  test('are listed, with the current one', async () => {
    const world = await withTwo();
    expect(await runCrctl(world, {}, 'contexts', '-o', 'name')).toBe(0);
    expect(world.out()).toMatch(/one\ntwo\n$/);
    expect(await runCrctl(world, {}, 'contexts', '--query', '[?isCurrent].name', '-o', 'name')).toBe(0);
    expect(world.out()).toMatch(/\ntwo\n$/);
  });

  test('are chosen by `use`, by the environment, by a flag: each with its own key', async () => {
    const world = await withTwo();
    await runCrctl(world, {}, 'use', 'one');
    for (const [env, argv, key] of [
      [{}, [], 'key-of-one'],
      [{ CRCTL_CONTEXT: 'two' }, [], 'key-of-two'],
      [{ CRCTL_CONTEXT: 'two' }, ['--context', 'one'], 'key-of-one'],
    ] as const) {
      expect(await runCrctl(world, env, 'ops', 'list', ...argv)).toBe(0);
      expect(last(world)?.headers.get('x-functions-key')).toBe(key);
    }
  });

  test('do not get the key of the environment', async () => {
    const world = await withTwo();
    await runCrctl(world, { CRCTL_KEY: 'another' }, 'ops', 'list');
    expect(last(world)?.headers.get('x-functions-key')).toBe('key-of-two');
  });

  test('an address of the environment does not get the key of a context', async () => {
    const world = await withTwo();
    const before = world.requests.length;
    expect(await runCrctl(world, { CRCTL_URL: 'https://third.example.org' }, 'ops', 'list')).toBe(2);
    expect(world.requests.length).toBe(before);
  });

  test('are forgotten by `logout`', async () => {
    const world = await withTwo();
    expect(await runCrctl(world, {}, 'logout', 'two')).toBe(0);
    expect(await runCrctl(world, {}, 'ops', 'list')).toBe(2);
    expect(await runCrctl(world, {}, 'logout', 'two')).toBe(2);
    expect(await runCrctl(world, {}, 'logout', 'constructor')).toBe(2);
    expect(await runCrctl(world, {}, 'use', '__proto__')).toBe(2);
  });

  test('that cannot be written are no fault of the program', async () => {
    const world = fakeWorld(listing);
    const env = { CRCTL_KEY: KEY, CRCTL_CONFIG: '/dev/null/contexts.json' };
    expect(await runCrctl(world, env, 'login', '--url', APP_URL)).toBe(1);
    expect(world.err()).toContain('The contexts cannot be written to /dev/null/contexts.json (E');
  });

  test('of a file that is not ours are refused, and left alone', async () => {
    const world = fakeWorld(listing);
    mkdirSync(join(world.home, '.config', 'crctl'), { recursive: true });
    writeFileSync(fileOf(world), '{"version": 2}');
    expect(await runCrctl(world, { CRCTL_KEY: KEY }, 'login', '--url', APP_URL)).toBe(2);
    expect(readFileSync(fileOf(world), 'utf8')).toBe('{"version": 2}');
  });
});

describe('--local', () => {
  const endpoints = {
    functions: { url: 'http://localhost:7071', key: 'local-key', pid: 1 },
    azure: { registry: 'myregistry' },
    edge: { connectedRegistry: 'myconnectedregistry', host: 'localhost:8000' },
  };

  test('finds a stack in a folder above, with its key and names', async () => {
    const world = fakeWorld(listing);
    mkdirSync(join(world.cwd, '.local'));
    writeFileSync(join(world.cwd, '.local', 'endpoints.json'), JSON.stringify(endpoints));
    mkdirSync(join(world.cwd, 'a', 'b'), { recursive: true });
    await run(['rotate', 'device-1', '--local'], { ...world, cwd: join(world.cwd, 'a', 'b'), env: {} });
    const [request] = world.requests;
    expect(request?.headers.get('x-functions-key')).toBe('local-key');
    expect(JSON.parse(request?.body ?? '')).toEqual({
      clients: [{ registry: 'myregistry', connectedRegistry: 'myconnectedregistry', client: 'device-1' }],
    });
  });

  test('says so if none runs', async () => {
    const world = fakeWorld(listing);
    expect(await run(['ops', 'list', '--local'], { ...world, env: { CRCTL_LOCAL: '/nowhere' } })).toBe(2);
    expect(world.err()).toContain('/nowhere/endpoints.json does not exist');
  });
});
