import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dockerConfigFile } from '../../src/consumers/dockerConfigFile.js';
import { dockerConfig } from '@connected-registry/protocol/names/dockerConfig';

const run = promisify(execFile);
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docker-config-'));
  path = join(folder, 'config.json');
});
afterEach(() => rm(folder, { recursive: true, maxRetries: 5 }));

const signal = new AbortController().signal;
const delivery = (password: string, endpoint = 'edge:8000', secret = 'device-1', takeOver = false) => ({
  secret,
  credentials: { endpoint, username: 'token', password },
  takeOver,
});
const write = (...given: Parameters<typeof delivery>) => dockerConfigFile(path).write(delivery(...given), signal);
const read = async () => JSON.parse(await readFile(path, 'utf8')) as { auths: Record<string, unknown> };
const entry = (password: string) => ({ auth: Buffer.from(`token:${password}`).toString('base64') });

describe('a missing docker config.json', () => {
  test('is created with the secret’s content, readable by its owner only, without temporary files', async () => {
    expect(await write('first')).toBe('written');
    expect(await read()).toEqual(JSON.parse(dockerConfig('edge:8000', 'token', 'first')));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['config.json', 'config.json.secrets']);
    expect(await readFile(`${path}.secrets`, 'utf8')).not.toContain(entry('first').auth);
  });
});

describe('an existing docker config.json', () => {
  test('keeps all its content except the entry', async () => {
    const before = {
      auths: { 'other:443': { auth: 'b3RoZXI6cHc=', email: 'x' }, 'edge:8000': { identitytoken: 'old' } },
      credHelpers: { 'gcr.example': 'gcr' },
      HttpHeaders: { 'X-Meta': 'yes' },
      psFormat: 'table',
    };

    await writeFile(path, JSON.stringify(before));

    expect(await write('new')).toBe('written');
    expect(await read()).toEqual({ ...before, auths: { ...before.auths, 'edge:8000': entry('new') } });
  });

  test('is not written if it already has the entry', async () => {
    await write('same');
    const before = await stat(path);
    expect(await write('same')).toBe('unchanged');
    const after = await stat(path);
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
  });

  test.each([0o600, 0o640, 0o644])('keeps its mode %o, regardless of the umask', async (mode) => {
    await writeFile(path, '{}');
    await chmod(path, mode);
    expect(await write('new')).toBe('written');
    expect(await write('new')).toBe('unchanged');
    expect((await stat(path)).mode & 0o777).toBe(mode);
  });

  test('keeps its owner and group', async () => {
    await writeFile(path, '{}');
    // Who may, gives it to somebody else first.
    if (process.getuid?.() === 0) await chown(path, 1_234, 2_345);
    const before = await stat(path);
    await write('new');

    const after = await stat(path);

    expect([after.uid, after.gid]).toEqual([before.uid, before.gid]);
    expect(after.ino).not.toBe(before.ino);
  });

  test.each([
    ['no JSON', 'password-of-somebody'],
    ['a list', '["password-of-somebody"]'],
    ['auths of another form', '{"auths":["password-of-somebody"]}'],
  ])('that is %s is not changed, and the error does not repeat its content', async (_case, text) => {
    await writeFile(path, text);
    const failure = await write('new').catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'ConsumerFailure' });
    expect(String(failure)).not.toContain('password-of-somebody');
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  test.each([{ credsStore: 'desktop' }, { credHelpers: { 'edge:8000': 'pass' } }])(
    'is refused if %j would hide the entry',
    async (config) => {
      await writeFile(path, JSON.stringify(config));
      await expect(write('new')).rejects.toThrow(/credential helper/);
    },
  );

  test('is complete at every read, and loses no entry of concurrent writers', async () => {
    const consumer = dockerConfigFile(path);
    await consumer.write(delivery('p', 'edge:1', 's1'), signal);
    const writes = Promise.all(
      Array.from({ length: 60 }, (_, at) => consumer.write(delivery(`p${at}`, `edge:${at}`, `s${at}`), signal)),
    );
    const pending = Promise.resolve('pending');
    let reads = 0;
    while ((await Promise.race([writes, pending])) === 'pending') {
      expect(Object.keys((await read()).auths).length).toBeGreaterThan(0);
      reads += 1;
    }

    await writes;

    expect(reads).toBeGreaterThan(5);
    expect(Object.keys((await read()).auths)).toHaveLength(60);
  });
});

test('the names of the secrets in the file are remembered by the next run', async () => {
  await write('a', 'edge:1', 'device-1');
  await write('b', 'edge:2', 'device-2');
  expect(await dockerConfigFile(path).remembered(signal)).toEqual(['device-1', 'device-2']);
  await writeFile(`${path}.secrets`, 'broken');
  expect(await dockerConfigFile(path).remembered(signal)).toEqual([]);
});

test('if two secrets are for one endpoint, the one promoted last wins and no refresh replaces it', async () => {
  await write('one', 'edge:8000', 'device-1');
  expect(await write('two', 'edge:8000', 'device-2')).toBe('left');
  expect(await write('two', 'edge:8000', 'device-2', true)).toBe('written');
  expect(await write('one', 'edge:8000', 'device-1')).toBe('left');
  expect((await read()).auths['edge:8000']).toEqual(entry('two'));
});

describe('a path that is not a regular file', () => {
  const made: [string, () => Promise<unknown>][] = [
    ['a symbolic link', () => writeFile(`${path}.there`, '{}').then(() => symlink(`${path}.there`, path))],
    ['a symbolic link', () => symlink(join(folder, 'nowhere'), path)],
    ['a symbolic link', () => symlink(path, path)],
    ['a named pipe', () => run('mkfifo', [path])],
    ['a folder', () => mkdir(path)],
    ['a socket', () => listenAt(path)],
    ['a second hard link', () => writeFile(`${path}.there`, '{}').then(() => link(`${path}.there`, path))],
  ];
  let listening: Server | undefined;
  afterEach(() => {
    listening?.close();
    listening = undefined;
  });

  async function listenAt(where: string): Promise<void> {
    listening = createServer();
    listening.listen(where);
    await once(listening, 'listening');
  }

  test.each(made)('(%s) is refused at once with the reason, and not changed', async (kind, make) => {
    await make();
    const before = await lstat(path);

    const failure = await write('secret-word').catch((error: unknown) => error);

    expect(failure).toMatchObject({ name: 'ConsumerFailure', message: expect.stringContaining(kind) as unknown });
    expect(String(failure)).not.toContain('secret-word');
    expect((await lstat(path)).ino).toBe(before.ino);
    expect(await readdir(folder)).not.toContain('config.json.secrets');
  });

  test('is also refused for the names of the secrets', async () => {
    await run('mkfifo', [`${path}.secrets`]);
    await expect(write('new')).rejects.toThrow(/named pipe/);
    await expect(dockerConfigFile(path).remembered(signal)).rejects.toThrow(/named pipe/);
  });
});

test('temporary files of a killed run are removed at the next start', async () => {
  const left = ['config.json.0123456789ab.new', 'config.json.secrets.ba9876543210.new'];
  const others = ['config.json.new', 'config.json.0123456789ab.new.bak', 'other.json.0123456789ab.new'];
  for (const name of [...left, ...others]) await writeFile(join(folder, name), 'x');
  await dockerConfigFile(path).remembered(signal);
  expect((await readdir(folder)).sort()).toEqual(others.sort());
});

test('an unwritable folder is reported, without the content that was to be written', async () => {
  path = join(folder, 'missing', 'config.json');
  const failure = await write('secret-word').catch((error: unknown) => error);

  expect(String(failure)).toContain('ENOENT');
  expect(String(failure)).not.toContain('secret-word');

  await mkdir(join(folder, 'missing'));
  expect(await write('secret-word')).toBe('written');
});
