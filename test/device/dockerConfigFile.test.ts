import { chmod, lstat, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dockerConfigFile } from '../../device/consumers/dockerConfigFile.js';
import { dockerConfig } from '../../src/domain/dockerConfig.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docker-config-'));
  path = join(folder, 'config.json');
});
afterEach(() => rm(folder, { recursive: true }));

const signal = new AbortController().signal;
const delivery = (password: string, endpoint = 'edge:8000', secret = 'device-1', takeOver = false) => ({
  secret,
  credentials: { endpoint, username: 'token', password },
  takeOver,
});
const write = (...given: Parameters<typeof delivery>) => dockerConfigFile(path).write(delivery(...given), signal);
const read = async () => JSON.parse(await readFile(path, 'utf8')) as { auths: Record<string, unknown> };
const entry = (password: string) => ({ auth: Buffer.from(`token:${password}`).toString('base64') });

describe('a docker config.json that is not there', () => {
  test('is made as the secret has it, for its owner alone, with nothing left beside it', async () => {
    expect(await write('first')).toBe('written');
    expect(await read()).toEqual(JSON.parse(dockerConfig('edge:8000', 'token', 'first')));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['config.json', 'config.json.secrets']);
    expect(await readFile(`${path}.secrets`, 'utf8')).not.toContain(entry('first').auth);
  });
});

describe('a docker config.json that is there', () => {
  test('keeps everything of it but the entry', async () => {
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

  test('is not touched when it has exactly that, but closed to others', async () => {
    await write('same');
    const before = await stat(path);
    await chmod(path, 0o644);
    expect(await write('same')).toBe('unchanged');
    const after = await stat(path);
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
    expect(after.mode & 0o777).toBe(0o600);
  });

  test('is replaced where a symbolic link points', async () => {
    const target = join(folder, 'elsewhere.json');
    await writeFile(target, '{}');
    await symlink(target, path);
    await write('linked');
    expect((await lstat(path)).isSymbolicLink()).toBe(true);
    expect(JSON.parse(await readFile(target, 'utf8'))).toMatchObject({ auths: { 'edge:8000': entry('linked') } });
  });

  test.each([
    ['no JSON', 'password-of-somebody'],
    ['a list', '["password-of-somebody"]'],
    ['auths of another form', '{"auths":["password-of-somebody"]}'],
  ])('that is %s is left as it is, and its failure repeats nothing', async (_case, text) => {
    await writeFile(path, text);
    const failure = await write('new').catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'ConsumerFailure' });
    expect(String(failure)).not.toContain('password-of-somebody');
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  test.each([{ credsStore: 'desktop' }, { credHelpers: { 'edge:8000': 'pass' } }])(
    'in which %j would hide the entry is no place for it',
    async (config) => {
      await writeFile(path, JSON.stringify(config));
      await expect(write('new')).rejects.toThrow(/credential helper/);
    },
  );

  test('is whole whenever somebody reads it, and of many writers none is lost', async () => {
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

test('the secrets that feed it are remembered by the next run', async () => {
  await write('a', 'edge:1', 'device-1');
  await write('b', 'edge:2', 'device-2');
  expect(await dockerConfigFile(path).remembered(signal)).toEqual(['device-1', 'device-2']);
  await writeFile(`${path}.secrets`, 'broken');
  expect(await dockerConfigFile(path).remembered(signal)).toEqual([]);
});

test('of two secrets for one endpoint the one promoted last has it, and no refresh takes it back', async () => {
  await write('one', 'edge:8000', 'device-1');
  expect(await write('two', 'edge:8000', 'device-2')).toBe('left');
  expect(await write('two', 'edge:8000', 'device-2', true)).toBe('written');
  expect(await write('one', 'edge:8000', 'device-1')).toBe('left');
  expect((await read()).auths['edge:8000']).toEqual(entry('two'));
});

test('a folder that cannot be written to is said, without what should have been written', async () => {
  path = join(folder, 'missing', 'config.json');
  const failure = await write('secret-word').catch((error: unknown) => error);
  expect(String(failure)).toContain('ENOENT');
  expect(String(failure)).not.toContain('secret-word');
  await mkdir(join(folder, 'missing'));
  expect(await write('secret-word')).toBe('written');
});
