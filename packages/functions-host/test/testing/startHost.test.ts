import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startHost, type FunctionsHost, type StartOptions } from '../../src/index.js';
import { makeApp, type AppFolder } from '../appFolder.js';

const code = `
const { app } = require('@azure/functions');
const df = require('durable-functions');
let calls = 0;
app.http('calls', { authLevel: 'anonymous', handler: () => ({ jsonBody: { calls: ++calls, setting: process.env.SETTING ?? null, home: 'HOME' in process.env } }) });
app.http('guarded', { authLevel: 'function', handler: () => ({ body: 'open' }) });
app.http('crash', { authLevel: 'anonymous', handler: () => { setTimeout(() => { throw new Error('out of reach'); }, 1); return new Promise(() => {}); } });
app.http('exit', { authLevel: 'anonymous', handler: () => process.exit(7) });
app.http('write', { authLevel: 'anonymous', handler: () => { process.stdout.write('past the console'); process.send?.('a message of the app'); return {}; } });
app.http('count', { authLevel: 'anonymous', extraInputs: [df.input.durableClient()], handler: async (_, context) => {
  await df.getClient(context).signalEntity(new df.EntityId('counter', 'one'), 'add', 2); return {};
} });
df.app.entity('counter', (context) => context.df.setState(context.df.getState(() => 0) + context.df.getInput()));
df.app.activity('double', { handler: ({ n }) => 2 * n });
df.app.orchestration('doubled', function* (context) { return yield context.df.callActivity('double', { n: context.df.getInput() }); });
df.app.orchestration('failing', function* () { throw new Error('by design'); });
df.app.orchestration('waiting', function* (context) { return yield context.df.waitForExternalEvent('go'); });
df.app.orchestration('sleeping', function* (context) {
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 5 * 24 * 3600 * 1000));
  return context.df.currentUtcDateTime.toISOString().slice(0, 10);
});
`;

/** As durable-functions 4 registers an activity. */
const newer = `
const { app, trigger } = require('@azure/functions');
app.generic('hello', { trigger: trigger.generic({ type: 'activityTrigger', durableRequiresGrpc: true }), handler: () => 1 });
`;

let folder: AppFolder;
let shared: FunctionsHost;
beforeAll(async () => {
  folder = await makeApp({
    'index.cjs': code,
    'broken/package.json': '{"main":"none.js"}',
    'faulty/package.json': '{"main":"index.cjs"}',
    'faulty/index.cjs': "require('@azure/functions').app.timer('never', { schedule: 'never', handler: () => {} });",
    'newer/package.json': '{"main":"index.cjs"}',
    'newer/index.cjs': newer,
    'stub.mjs': 'process.env.SETTING = "stubbed";',
  });
  shared = await startHost({ app: folder.appDir, env: { SETTING: 'given', HOME: undefined } });
});
afterAll(async () => {
  await shared.stop();
  await folder.remove();
});

const hosts: FunctionsHost[] = [];
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.stop();
});

/** A host over the same app. */
async function another(options: StartOptions = {}): Promise<FunctionsHost> {
  const host = await startHost({ app: folder.appDir, ...options });
  hosts.push(host);
  return host;
}

const json = async (host: FunctionsHost, route: string): Promise<unknown> => (await host.fetch(`/api/${route}`)).json();

describe('a host for tests', () => {
  it('has its own modules and environment', async () => {
    expect(await json(shared, 'calls')).toEqual({ calls: 1, setting: 'given', home: false });
    expect(await json(shared, 'calls')).toMatchObject({ calls: 2 });
    const other = await another({ nodeArguments: ['--import', path.join(folder.appDir, 'stub.mjs')] });
    expect(await json(other, 'calls')).toEqual({ calls: 1, setting: 'stubbed', home: true });
    expect(process.env['SETTING']).toBeUndefined();
  });

  it('names the functions, and opens them with its key', async () => {
    expect(shared.functions).toContainEqual({ name: 'doubled', trigger: 'orchestrationTrigger' });
    expect(await (await shared.fetch('/api/guarded')).text()).toBe('open');
    expect((await shared.fetch('/api/guarded', { headers: { 'x-functions-key': 'wrong' } })).status).toBe(401);
    expect((await fetch(`${shared.url}/api/guarded`)).status).toBe(401);
  });

  it('starts, shows and lists orchestrations', async () => {
    const id = await shared.start('doubled', { input: 21, instanceId: 'list-one' });
    expect(id).toBe('list-one');
    expect(await shared.waitForInstance(id)).toMatchObject({ name: 'doubled', runtimeStatus: 'Completed', output: 42 });
    const [first] = (await shared.query(id, { showHistory: true }))?.historyEvents ?? [];
    expect(first).toMatchObject({ EventType: 'ExecutionStarted' });
    await shared.waitForInstance(await shared.start('failing', { instanceId: 'list-two' }));
    const failed = await shared.instances({ prefix: 'list-', statuses: ['Failed'] });
    expect(failed.map(({ instanceId, output }) => [instanceId, String(output).includes('by design')])).toEqual([
      ['list-two', true],
    ]);
    expect(await shared.instances({ prefix: 'list-' })).toHaveLength(2);
    expect(await shared.query('nobody')).toBeUndefined();
  });

  it('lists more instances than a page has', async () => {
    for (let n = 0; n < 120; n += 1)
      await shared.start('waiting', { instanceId: `page-${String(n).padStart(3, '0')}` });
    const ids = (await shared.instances({ prefix: 'page-' })).map(({ instanceId }) => instanceId);
    expect([ids.length, new Set(ids).size, ids.at(-1)]).toEqual([120, 120, 'page-119']);
  });

  it('sends events, terminates, and reads entities', async () => {
    const id = await shared.start('waiting');
    await shared.raiseEvent(id, 'go', { to: 'Rome' });
    expect((await shared.waitForInstance(id)).output).toEqual({ to: 'Rome' });
    const other = await shared.start('waiting');
    await shared.terminate(other, 'enough');
    expect(await shared.waitForInstance(other)).toMatchObject({ runtimeStatus: 'Terminated', output: 'enough' });
    expect(await shared.entityState('counter', 'one')).toBeUndefined();
    await shared.fetch('/api/count');
    await expect.poll(() => shared.entityState('counter', 'one')).toBe(2);
  });

  it('explains what it refuses', async () => {
    await expect(shared.start('doubel')).rejects.toThrow(
      "The app has no orchestration 'doubel'. It has doubled, failing, sleeping, waiting.",
    );
    await expect(shared.raiseEvent('nobody', 'go')).rejects.toThrow(
      "the event 'go' was not sent to 'nobody': the host answered 404",
    );
    await expect(shared.advance({ days: 1 })).rejects.toThrow("clock: 'jumping'");
    const id = await shared.start('waiting');
    await expect(shared.waitForInstance(id, { timeout: 30 })).rejects.toThrow(`'${id}' is Running after 30 ms.`);
    await expect(shared.waitForInstance('nobody', { timeout: 30 })).rejects.toThrow(
      "There is no instance 'nobody' after 30 ms.",
    );
  });

  it('keeps what the app writes past its console, and ignores messages of the app', async () => {
    const lines: string[] = [];
    const host = await another({ onLog: ({ message }) => lines.push(message) });
    await host.fetch('/api/write');
    await expect.poll(() => host.log.map(({ message }) => message)).toContain('past the console');
    expect(lines).toEqual(host.log.map(({ message }) => message));
  });
});

describe('the store of a host for tests', () => {
  it('is memory by default, of which nothing stays', async () => {
    const temporary = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('functions-host-'));
    const before = temporary();
    const host = await startHost({ app: folder.appDir });
    await host.start('waiting', { instanceId: 'kept' });
    await host.stop();
    expect(temporary().filter((name) => !before.includes(name))).toEqual([]);
    expect(await (await another()).query('kept')).toBeUndefined();
  });

  it('may be a folder, with which the next host continues after a kill', async () => {
    const store = path.join(folder.dataDir, 'store');
    const host = await another({ store });
    await host.start('waiting', { instanceId: 'kept' });
    await host.kill();
    expect(existsSync(path.join(store, 'keys.json'))).toBe(true);
    const next = await another({ store });
    expect(next.keys).toEqual(host.keys);
    await next.raiseEvent('kept', 'go', 1);
    expect((await next.waitForInstance('kept')).output).toBe(1);
  });
});

describe('a clock that jumps', () => {
  const options = { clock: 'jumping', startAt: '2030-01-01T00:00:00Z' } as const;

  it('jumps over what an orchestration waits for', async () => {
    const host = await another(options);
    const id = await host.start('sleeping');
    expect(await host.waitForInstance(id)).toMatchObject({
      output: '2030-01-06',
      createdTime: expect.stringMatching(/^2030-01-01/),
    });
    expect((await host.now()).toISOString()).toMatch(/^2030-01-06T00:00/);
  });

  it('stops at the time to which it is moved', async () => {
    const host = await another(options);
    const id = await host.start('sleeping');
    await host.advance(new Date('2030-01-05T12:00:00Z'));
    expect((await host.query(id))?.runtimeStatus).toBe('Running');
    expect((await host.advance({ days: 1, hours: -11, minutes: 59 })).toISOString()).toMatch(/^2030-01-06T01:59/);
    expect((await host.query(id))?.runtimeStatus).toBe('Completed');
    await expect(host.advance(new Date('2030-01-01'))).rejects.toThrow('Time moves forward only.');
  });

  it('says at once when nothing is due that could bring the end', async () => {
    const host = await another(options);
    const id = await host.start('waiting');
    await expect(host.waitForInstance(id)).rejects.toThrow(
      `'${id}' is Running, and nothing is due: the app is idle, so it waits for an event.`,
    );
  });
});

describe('a host for tests that does not start', () => {
  it.each<[string, StartOptions, RegExp]>([
    ['without an app', { app: tmpdir() }, /^app: .* has no package\.json\. Name the folder of your app\.$/],
    ['at a time that is none', { clock: 'jumping', startAt: 'noon' }, /^startAt: 'noon' is not a time\.$/],
    ['at a time, without a clock for it', { startAt: new Date() }, /^startAt: .* Add clock: 'jumping'\.$/],
    [
      'when its app does not load',
      { app: 'broken' },
      /Worker was unable to load entry point "none\.js": File does not exist\. Is the app built\?/,
    ],
    [
      'when its app speaks gRPC',
      { app: 'newer' },
      /requires gRPC, as version 4 does\. .* npm install durable-functions@3$/,
    ],
    ['strictly, when a function is in error', { app: 'faulty', strict: true }, /^functions in error: never$/],
    ['in too little time', { startTimeout: 1 }, /^The host did not serve within 1 ms\./],
    [
      'over a folder that is a file',
      { store: 'index.cjs/below' },
      /^store: .* cannot be used: .* is a file, not a folder/,
    ],
  ])('says why: %s', async (_case, options, message) => {
    const { app, store } = options;
    const inFolder = {
      app: path.resolve(folder.appDir, app ?? '.'),
      ...(store === undefined ? {} : { store: path.join(folder.appDir, store) }),
    };
    await expect(startHost({ ...options, ...inFolder })).rejects.toThrow(message);
  });

  it('says that its port is taken', async () => {
    await expect(another({ port: Number(new URL(shared.url).port) })).rejects.toThrow(/port \d+ is taken/);
  });
});

describe('a host for tests that ends', () => {
  it.each([
    ['crash', { strict: true }, /^unhandled error, the host ends: Error: out of reach\n.*index\.cjs/],
    ['exit', {}, /^The host has ended with exit code 7\./],
  ])('rejects what waits for it, and what comes later: %s', async (route, options, message) => {
    const host = await another(options);
    await expect(host.fetch(`/api/${route}`)).rejects.toThrow(message);
    await expect(host.query('any')).rejects.toThrow(message);
  });

  it('does not, unless strict, for the first error that nobody can catch, which fails what runs', async () => {
    const host = await another();
    expect((await host.fetch('/api/crash')).status).toBe(500);
    expect((await host.fetch('/api/calls')).status).toBe(200);
    expect(host.log.map(({ level }) => level)).toContain('critical');
  });

  it('can be killed, after which it says so', async () => {
    const host = await another();
    await host.kill();
    await expect(host.fetch('/api/calls')).rejects.toThrow('The host has ended with the signal SIGKILL.');
  });

  it('does not keep a forgetful process alive, and ends with it', async () => {
    const api = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
    const script = `
      const { startHost } = await import(${JSON.stringify(api)});
      const host = await startHost({ app: ${JSON.stringify(folder.appDir)} });
      console.log(host.url, (await host.fetch('/api/calls')).status);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.on('data', (part: Buffer) => (printed += part.toString()));
    expect(await once(child, 'close')).toEqual([0, null]);
    const [url = '', status] = printed.trim().split(' ');
    expect(status).toBe('200');
    await expect
      .poll(
        () =>
          fetch(url).then(
            () => 'serves',
            () => 'has ended',
          ),
        { timeout: 30_000 },
      )
      .toBe('has ended');
  });
});
