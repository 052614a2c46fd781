import type * as Fs from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Collection } from '@connected-registry/azure-simulator/state/collection';
import { Store } from '@connected-registry/azure-simulator/state/store';
import { openFileJournal } from '@connected-registry/functions-host/store/fileJournal';
import { appendWhole, AppendedFile } from '@connected-registry/clock/files/appendedFile';
import { Cloud } from '../shared/cloud.js';
import { Subscriber } from '../shared/subscriber.js';
import { hostWith } from '../../packages/functions-host/test/hostUnderTest.js';

/** Bytes that the disk still takes; a write that needs more takes what there is, and the next one nothing. */
const disk = vi.hoisted(() => ({ left: Infinity, code: 'ENOSPC', truncates: true }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>();
  const failure = (call: string): Error =>
    Object.assign(new Error(`${disk.code}: no space left on device, ${call}`), { code: disk.code });
  return {
    ...fs,
    writeSync(descriptor: number, bytes: Buffer, offset = 0): number {
      if (disk.left === 0) throw failure('write');
      const taken = fs.writeSync(descriptor, bytes, offset, Math.min(disk.left, bytes.length - offset));
      disk.left -= taken;
      return taken;
    },
    ftruncateSync(descriptor: number, length?: number): void {
      if (!disk.truncates) throw failure('ftruncate');
      fs.ftruncateSync(descriptor, length);
    },
  };
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'full-disk-'));
});
afterEach(async () => {
  vi.useRealTimers();
  Object.assign(disk, { left: Infinity, code: 'ENOSPC', truncates: true });
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('a file that is appended to', () => {
  const lines = async (): Promise<string> => readFile(join(folder, 'lines'), 'utf8');
  const append = (line: string): void => appendWhole(join(folder, 'lines'), `${line}\n`);

  it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('contains nothing of a write that failed half-way with %s', async (code) => {
    append('first');
    Object.assign(disk, { left: 3, code });
    expect(() => append('second')).toThrow(code);
    expect(await lines()).toBe('first\n');
    disk.left = Infinity;
    append('third');
    expect(await lines()).toBe('first\nthird\n');
  });

  it('is cut before the next write if it could not be cut at once', async () => {
    const { openSync, closeSync } = await import('node:fs');
    const descriptor = openSync(join(folder, 'lines'), 'a');
    const file = new AppendedFile(descriptor, 0);
    file.append('first\n');
    Object.assign(disk, { left: 3, truncates: false });
    expect(() => file.append('second\n')).toThrow('ENOSPC: no space left on device, write');
    expect(await lines()).toBe('first\nsec');
    Object.assign(disk, { left: Infinity, truncates: true });
    file.append('third\n');
    closeSync(descriptor);
    expect(await lines()).toBe('first\nthird\n');
    expect(file.length).toBe(12);
  });
});

describe("the control plane's store", () => {
  const open = async (things: Collection<{ name: string }>): Promise<Store> =>
    Store.open(
      join(folder, 'things.ndjson'),
      {
        format: 1,
        facts: {},
        *tables() {
          yield ['things', things];
        },
        table: () => things,
      },
      () => undefined,
    );
  /** What a process that starts now would find. */
  const found = async (): Promise<string[]> => {
    const things = new Collection<{ name: string }>([]);
    await (await open(things)).close();
    return [...things.values()].map(({ name }) => name);
  };

  it.each([0, 1, 20, 37])('has only complete lines if the disk has space for %i more bytes', async (left) => {
    const things = new Collection<{ name: string }>([]);
    const store = await open(things);
    things.set({ name: 'one' });
    store.commit();
    const before = await readFile(join(folder, 'things.ndjson'), 'utf8');
    disk.left = left;
    things.set({ name: 'two' });
    things.set({ name: 'three' });
    expect(() => store.commit()).toThrow(/things\.ndjson cannot be written: ENOSPC/);
    expect(() => store.commit()).toThrow('ENOSPC');
    expect(await readFile(join(folder, 'things.ndjson'), 'utf8')).toBe(before);
    disk.left = Infinity;
    store.commit();
    expect(await found()).toEqual(['one', 'two', 'three']);
    await store.close();
  });

  it('is unchanged and takes no space if it cannot be rewritten', async () => {
    const things = new Collection<{ name: string }>([{ name: 'kept' }]);
    const store = await open(things);
    disk.left = 10;
    store.rewrite();
    await store.close();
    disk.left = Infinity;
    await expect(readFile(join(folder, 'things.ndjson.new'))).rejects.toThrow('ENOENT');
    expect(await found()).toEqual(['kept']);
  });
});

describe("the local host's journal", () => {
  const open = async (records: string[] = []) => openFileJournal(folder, (payload) => records.push(payload));
  const found = async (): Promise<string[]> => {
    const records: string[] = [];
    await (await open(records)).close();
    return records;
  };

  it('refuses callers that wait for a confirmation, and writes everything once there is space', async () => {
    const journal = await open();
    const news: (string | undefined)[] = [];
    journal.onSpace = (error) => news.push(error?.message);
    await journal.confirmed(journal.append('one'));
    disk.left = 9;
    const patient = journal.durable(journal.append('two'));
    await expect(journal.confirmed(journal.append('three'))).rejects.toThrow(/cannot be written: ENOSPC/);
    expect(() => journal.checkSpace()).toThrow('ENOSPC');
    await expect(journal.confirmed(journal.append('four'))).rejects.toThrow('ENOSPC');
    disk.left = Infinity;
    journal.checkSpace();
    await patient;
    await journal.confirmed(journal.append('five'));
    await journal.close();
    expect(news).toEqual([expect.stringContaining('ENOSPC'), undefined]);
    expect(await found()).toEqual(['one', 'two', 'three', 'four', 'five']);
  });

  it('continues by itself once there is space again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const journal = await open();
    disk.left = 0;
    const patient = journal.durable(journal.append('one'));
    await expect(journal.confirmed(journal.append('two'))).rejects.toThrow('ENOSPC');
    disk.left = Infinity;
    await vi.advanceTimersByTimeAsync(500);
    await patient;
    await journal.close();
    expect(await found()).toEqual(['one', 'two']);
  });

  it('is written again from its confirmed end if the disk refuses a sync', async () => {
    const { open: openHandle } = await import('node:fs/promises');
    const probe = await openHandle(join(folder, 'probe'), 'a');
    const handles = Object.getPrototypeOf(probe) as { datasync(): Promise<void> };
    await probe.close();
    const journal = await open();
    await journal.confirmed(journal.append('one'));
    const full = Object.assign(new Error('ENOSPC: no space left on device, fdatasync'), { code: 'ENOSPC' });
    const refused = vi.spyOn(handles, 'datasync').mockRejectedValue(full);
    await expect(journal.confirmed(journal.append('two'))).rejects.toThrow('fdatasync');
    refused.mockRestore();
    journal.checkSpace();
    await journal.confirmed(journal.append('three'));
    await journal.close();
    expect(await found()).toEqual(['one', 'two', 'three']);
  });

  it('closes with an error if there is no space until the end, and has every confirmed record', async () => {
    const journal = await open();
    await journal.confirmed(journal.append('one'));
    disk.left = 5;
    const patient = journal.durable(journal.append('lost'));
    const [waited, closed] = await Promise.allSettled([patient, journal.close()]);
    const refused = { status: 'rejected', reason: { message: expect.stringContaining('ENOSPC') } };
    expect([waited, closed]).toMatchObject([refused, refused]);
    disk.left = Infinity;
    expect(await found()).toEqual(['one']);
  });

  it('ends for good if it fails for another reason', async () => {
    const journal = await open();
    const failed = vi.fn<(error: Error) => void>();
    journal.onFailure = failed;
    Object.assign(disk, { left: 0, code: 'EIO' });
    await expect(journal.confirmed(journal.append('one'))).rejects.toThrow('EIO');
    Object.assign(disk, { left: Infinity });
    expect(() => journal.append('two')).toThrow('EIO');
    expect(failed).toHaveBeenCalledTimes(1);
    await journal.close();
  });
});

describe('while the disk is full', () => {
  it('the control plane answers every request, and is consistent once there is space', async () => {
    const cloud = await Cloud.start();
    const subscriber = await Subscriber.start();
    try {
      const group = cloud.registryId.split('/providers')[0] ?? '';
      const scopeMap = (name: string): string => `${cloud.registryId}/scopeMaps/${name}`;
      const body = { properties: { actions: ['repositories/hello-world/content/read'] } };
      await cloud.armCall('PUT', `${group}/providers/Microsoft.EventGrid/eventSubscriptions/watcher`, {
        properties: { destination: { endpointType: 'WebHook', properties: { endpointUrl: subscriber.url } } },
      });
      expect(await cloud.armCall('PUT', scopeMap('before'), body)).toMatchObject({ status: 200 });
      // Tokens are got before, since a request for one is refused like all others.
      const tokens = {
        arm: await cloud.token('operator'),
        vault: await cloud.token('operator', 'https://vault.azure.net'),
        hub: await cloud.token('operator', 'https://iothubs.azure.net'),
      };
      const call = (service: keyof typeof tokens, method: string, path: string, version: string, sent?: unknown) =>
        cloud.call(method, `${path}?api-version=${version}`, sent, { authorization: `Bearer ${tokens[service]}` });
      const arm = (method: string, path: string, sent?: unknown) => call('arm', method, path, '2025-11-01', sent);
      const hub = (method: string, path: string, sent?: unknown) =>
        call('hub', method, `/iothub${path}`, '2021-04-12', sent);
      const vault = (method: string, name: string, sent?: unknown) =>
        call('vault', method, `/secrets/${name}`, '7.4', sent);
      const requests = () => [
        arm('PUT', scopeMap('during'), body),
        arm('GET', scopeMap('before')),
        arm('DELETE', scopeMap('before')),
        vault('PUT', 'during', { value: 'secret' }),
        vault('GET', 'during'),
        hub('PUT', '/devices/during', { deviceId: 'during' }),
        hub('GET', '/devices/during'),
        cloud.call('POST', '/_control/clock', {}),
      ];
      disk.left = 40;
      for (let round = 0; round < 3; round += 1) {
        const answers = await Promise.all(requests());
        expect(answers.filter(({ status }) => status < 400)).toEqual([]);
        const full = answers.filter(({ status }) => status === 507);
        expect(full.filter(({ text }) => !text.includes('The disk is full'))).toEqual([]);
      }
      expect(await arm('PUT', scopeMap('during'), body)).toMatchObject({ status: 507 });

      disk.left = Infinity;
      expect(await arm('PUT', scopeMap('during'), body)).toMatchObject({ status: 200 });
      expect(await vault('PUT', 'after', { value: 'secret' })).toMatchObject({ status: 200 });
      expect(await hub('PUT', '/devices/after', { deviceId: 'after' })).toMatchObject({ status: 200 });
      await cloud.restart();
      expect(await cloud.armCall('GET', scopeMap('during'))).toMatchObject({ status: 200 });
      expect(await cloud.hub('GET', '/devices/after')).toMatchObject({ status: 200 });
      expect(await cloud.vault().getSecret('after')).toMatchObject({ value: 'secret' });
    } finally {
      disk.left = Infinity;
      subscriber.stop();
      await cloud.end();
    }
  });

  it('the host answers every request, and its runs continue once there is space', async () => {
    const it = await hostWith({
      'index.cjs': `const df = require('durable-functions');
const { app } = require('@azure/functions');
df.app.activity('say', { handler: (input) => 'said ' + input });
df.app.orchestration('waits', function* (context) {
  const word = yield context.df.waitForExternalEvent('word');
  return yield context.df.callActivity('say', word);
});
app.http('start', { methods: ['POST'], authLevel: 'anonymous', extraInputs: [df.input.durableClient()], handler: async (request, context) => {
  await df.getClient(context).startNew('waits', { instanceId: request.query.get('id') });
  return { status: 202 };
} });
app.http('plain', { authLevel: 'anonymous', handler: () => ({ body: 'well' }) });
`,
    });
    try {
      const code = `code=${it.host.keys.durable}`;
      const instance = (id: string, rest = ''): string =>
        `/runtime/webhooks/durabletask/instances/${id}${rest}?${code}`;
      const word = (id: string) =>
        it.send('POST', instance(id, '/raiseEvent/word'), {
          headers: { 'content-type': 'application/json' },
          body: '"well"',
        });
      const statusOf = async (id: string): Promise<unknown> =>
        (JSON.parse((await it.send('GET', instance(id))).text) as { runtimeStatus: unknown }).runtimeStatus;
      const reaches = (id: string, status: string) =>
        vi.waitFor(async () => expect(await statusOf(id)).toBe(status), { timeout: 30_000 });
      expect((await it.send('POST', '/api/start?id=first')).status).toBe(202);
      await reaches('first', 'Running');

      disk.left = 30;
      const answers = [
        await it.send('POST', '/api/start?id=second'),
        await word('first'),
        await it.send('POST', '/api/start?id=third'),
        await it.send('POST', `/runtime/webhooks/durabletask/orchestrators/waits/fourth?${code}`),
        await it.send('POST', instance('first', '/terminate')),
      ];
      expect(answers.map(({ status }) => status)).toEqual([500, 500, 500, 500, 500]);
      expect((await it.send('GET', '/api/plain')).text).toBe('well');

      disk.left = Infinity;
      expect((await it.send('POST', '/api/start?id=third')).status).toBe(202);
      await reaches('third', 'Running');
      expect((await word('third')).status).toBe(202);
      await reaches('third', 'Completed');
      expect((await word('first')).status).toBe(202);
      await reaches('first', 'Completed');
      expect(it.log.map(({ message }) => message)).toContain(
        'The journal can be written again; waiting work continues.',
      );
    } finally {
      disk.left = Infinity;
      await it.stop();
    }
  });
});
