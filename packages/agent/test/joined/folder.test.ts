import { chmod, link, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { takeFolder } from '../../src/joined/folder/folderLock.js';
import { JoinFolderFailure, makeJoinFolder, openJoinFolder } from '../../src/joined/folder/joinFolder.js';
import { keyFiles } from '../../src/joined/keys/keyFiles.js';

let above: string;
let path: string;
beforeEach(async () => {
  above = await mkdtemp(join(tmpdir(), 'folder-'));
  path = join(above, 'device');
});
afterEach(() => rm(above, { recursive: true, maxRetries: 5 }));

const failure = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof JoinFolderFailure ? error.message : `other: ${String(error)}`),
  );

describe('the folder', () => {
  test('is made for its owner alone, whatever the umask is, and not opened before it exists', async () => {
    expect(await openJoinFolder(path)).toBeUndefined();
    const before = process.umask(0);
    try {
      const folder = await makeJoinFolder(path);
      await folder.write('a.json', 'text');
    } finally {
      process.umask(before);
    }
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, 'a.json'))).mode & 0o777).toBe(0o600);
  });

  test('replaces files as a whole, and leaves no temporary ones', async () => {
    const folder = await makeJoinFolder(path);
    await folder.write('a.json', 'one');
    await folder.write('a.json', 'two');
    expect(await folder.read('a.json')).toBe('two');
    expect(await folder.names()).toEqual(['a.json']);

    await writeFile(join(path, 'a.json.0123456789ab.new'), 'of a process that was killed');
    await folder.tidy();
    expect(await folder.names()).toEqual(['a.json']);
    await folder.remove('a.json');
    expect(await folder.read('a.json')).toBeUndefined();
  });

  test.each(['0750', '0705', '0710', '0777'])('with mode %s is refused by name', async (mode) => {
    await makeJoinFolder(path);
    await chmod(path, mode);
    expect(await failure(openJoinFolder(path))).toContain(`${path} is open to other users (mode ${mode})`);
    expect(await failure(makeJoinFolder(path))).toContain('0700');
  });

  test.each(['0640', '0604', '0620'])('with a file of mode %s is refused by the name of the file', async (mode) => {
    const folder = await makeJoinFolder(path);
    await folder.write('a.json', 'text');
    await chmod(join(path, 'a.json'), mode);
    expect(await failure(folder.read('a.json'))).toContain(`${path}/a.json is open to other users`);
  });

  test('of another user is refused, and so is a file', async () => {
    const folder = await makeJoinFolder(path);
    await folder.write('a.json', 'text');
    const { uid } = await stat(path);
    const another = vi.spyOn(process, 'getuid').mockReturnValue(uid + 1);
    try {
      const message = `belongs to another user (${uid}) than the one that the agent runs as (${uid + 1})`;
      expect(await failure(folder.read('a.json'))).toContain(`${path}/a.json ${message}`);
      expect(await failure(openJoinFolder(path))).toContain(`${path} ${message}`);
      expect(await failure(makeJoinFolder(path))).toContain(`${path} ${message}`);
    } finally {
      another.mockRestore();
    }
  });

  test('is not followed through a link, and neither is a file', async () => {
    await mkdir(join(above, 'other'), { mode: 0o700 });
    await symlink(join(above, 'other'), path);
    expect(await failure(openJoinFolder(path))).toContain('is not a folder; a link is not followed');

    const folder = await makeJoinFolder(join(above, 'real'));
    await folder.write('a.json', 'text');
    await symlink(join(folder.path, 'a.json'), join(folder.path, 'b.json'));
    expect(await failure(folder.read('b.json'))).toContain('b.json is a link');
    await link(join(folder.path, 'a.json'), join(above, 'second'));
    expect(await failure(folder.read('a.json'))).toContain('a second hard link');
  });

  test('says what is missing', async () => {
    expect(await failure(makeJoinFolder(join(above, 'none', 'device')))).toMatch(/none\/device does not exist.*ENOENT/);
    await writeFile(path, 'a file');
    expect(await failure(openJoinFolder(path))).toContain('is not a folder');
  });

  test('with a file that is too large or a folder in its place is refused', async () => {
    const folder = await makeJoinFolder(path);
    await folder.write('a.json', 'x'.repeat(70_000));
    expect(await failure(folder.read('a.json'))).toContain('too large');
    await mkdir(join(path, 'b.json'), { mode: 0o700 });
    expect(await failure(folder.read('b.json'))).toContain('is not a file');
  });
});

describe('keys', () => {
  test('that were damaged or exchanged are refused by the name of their file', async () => {
    const folder = await makeJoinFolder(path);
    const stores = keyFiles(folder);
    await stores.create('p256');
    await stores.create('ed25519');
    const [one = '', other = ''] = await folder.names();
    await folder.write(one, (await folder.read(other)) ?? '');
    const thumbprint = one.slice('keys-'.length, -'.json'.length);
    expect(await failure(stores.find(thumbprint))).toContain(`${path}/${one} has no keys that can be used`);
    for (const text of ['', '{}', '{"signing":{"d":"x"},"sealing":{}}']) {
      await folder.write(one, text);
      expect(await failure(stores.find(thumbprint))).toContain('has no keys that can be used');
    }
    expect(await stores.find('A'.repeat(43))).toBeUndefined();
  });
});

describe('the right to change the folder', () => {
  beforeEach(() => makeJoinFolder(path));

  test('belongs to one holder at a time', async () => {
    const lock = await takeFolder(path);
    expect(await lock.isHeld()).toBe(true);
    expect(await failure(takeFolder(path))).toContain(`${path} is in use by another process`);
    await lock.release();
    expect(await readdir(path)).toEqual([]);
    const next = await takeFolder(path);
    expect([await lock.isHeld(), await next.isHeld()]).toEqual([false, true]);
    await next.release();
  });

  test('is got by one of many that want it at the same instant, also after a killed process', async () => {
    await abandonLock(join(path, 'agent.lock'));
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => takeFolder(path)));
    const got = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const held = await Promise.all(got.map((lock) => lock.isHeld()));
    // More than one may believe to have it, and finds out before it changes anything.
    expect(held.filter(Boolean)).toHaveLength(1);
    await Promise.all(got.map((lock) => lock.release()));
    expect(await readdir(path)).toEqual([]);
  });

  test('is got although something that is no socket has its name', async () => {
    await writeFile(join(path, 'agent.lock'), 'text');
    const lock = await takeFolder(path);
    expect(await lock.isHeld()).toBe(true);
    await lock.release();
  });
});

/** Leaves the socket of a process that was killed. */
async function abandonLock(name: string): Promise<void> {
  const { rename } = await import('node:fs/promises');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${name}.bound`, resolve));
  // A server that closes removes the name that it was bound to, and no other.
  await rename(`${name}.bound`, name);
  await new Promise((resolve) => server.close(resolve));
}
