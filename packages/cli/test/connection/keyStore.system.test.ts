import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { startFakeServer, type FakeServer } from '../screens/fakeServer.js';
import { run, Session } from './secretService.js';

/*
 * `--store-key` with a real Secret Service: GNOME Keyring, at which libsecret's own program looks too. They need
 * dbus-daemon, dbus-send, gnome-keyring-daemon and secret-tool of the distribution.
 */

const KEY = 'the-function-key-of-an-operator';
const PASSWORD = 'the password of the user';
const CRCTL = join(projectRoot(), 'packages/cli/bin/crctl.js');

let server: FakeServer;
const keys: (string | null)[] = [];
beforeAll(async () => {
  server = await startFakeServer();
  server.serve(({ headers }) => {
    keys.push(headers.get('x-functions-key'));
    return { json: { operations: [] } };
  });
});
afterAll(() => server.close());

let session: Session;
beforeEach(() => {
  keys.splice(0);
  session = new Session();
});
afterEach(() => session.dispose());

const crctl = (args: string, input?: string) => run([process.execPath, CRCTL, ...args.split(' ')], session.env, input);
const login = (name = 'kept') => crctl(`login --url ${server.url} --name ${name} --store-key`, `${KEY}\n`);
const secretTool = (command: string) =>
  run(['secret-tool', command, 'service', 'crctl', 'username', 'kept'], session.env);

test('a key is written, read by later commands, replaced and removed', async () => {
  await session.start(PASSWORD);
  expect(await login()).toMatchObject({ code: 0 });
  expect(await secretTool('lookup')).toMatchObject({ code: 0, out: KEY });
  expect(readFileSync(join(session.env['HOME'] ?? '', '.config/crctl/contexts.json'), 'utf8')).not.toContain(KEY);

  const listed = await crctl('ops list');
  expect(listed).toMatchObject({ code: 0 });
  expect(listed.out + listed.err).not.toContain(KEY);
  expect(keys).toEqual([KEY, KEY]);

  expect(await crctl(`login --url ${server.url} --name kept --store-key`, 'another-key\n')).toMatchObject({ code: 0 });
  expect(await secretTool('lookup')).toMatchObject({ code: 0, out: 'another-key' });

  expect(await crctl('logout kept')).toMatchObject({ code: 0 });
  expect(await secretTool('lookup')).toMatchObject({ code: 1, out: '' });
});

test('a key outlives the session', async () => {
  await session.start(PASSWORD);
  expect(await login()).toMatchObject({ code: 0 });
  await session.end();
  await session.start(PASSWORD);
  expect(await crctl('ops list')).toMatchObject({ code: 0 });
  expect(keys).toEqual([KEY, KEY]);
});

test('without its key a context asks for nothing, and says what to do', async () => {
  await session.start(PASSWORD);
  expect(await login()).toMatchObject({ code: 0 });
  expect(await secretTool('clear')).toMatchObject({ code: 0 });
  const { code, err } = await crctl('ops list');
  expect(code).toBe(2);
  expect(err).toContain('has no key for the context kept');
  expect(err).toContain('Log in again with --store-key.');
  expect(keys).toEqual([KEY]);
  // What is gone already is no reason to keep the context.
  expect(await crctl('logout kept')).toMatchObject({ code: 0 });
});

test('a locked store is not taken for one without the key', async () => {
  await session.start(PASSWORD);
  expect(await login()).toMatchObject({ code: 0 });
  await session.end();
  await session.start(undefined);
  const { code, err } = await crctl('ops list');
  expect(code).toBe(1);
  expect(err).toContain('The key store of this system cannot be used.');
  expect(err).toContain('unlocked?');
  expect(keys).toEqual([KEY]);
});

test('without a Secret Service no key is kept, also not in the memory of the kernel', async () => {
  const kernelKeys = (): string => (existsSync('/proc/keys') ? readFileSync('/proc/keys', 'utf8') : '');
  const name = `kept-${randomUUID()}`;
  const { code, err } = await login(name);
  expect(code).toBe(1);
  expect(err).toContain('The key store of this system cannot be used.');
  expect(err).toContain('--key-file');
  expect(kernelKeys()).not.toContain(name);
  expect((await crctl('contexts -o name')).out).toBe('');
});
