import { afterEach, describe, expect, it } from 'vitest';

import { createLog, type LogEntry } from '../src/log/log.js';
import { InvocationError, type RpcInvocation } from '../src/worker/app.js';
import { logged } from '../src/worker/invocationLog.js';
import { loadApp, type WorkerApp } from '../src/worker/load.js';
import { makeApp, type AppFolder } from './appFolder.js';

const opened: { folder: AppFolder; app: WorkerApp | undefined }[] = [];
afterEach(async () => {
  for (const { folder, app } of opened.splice(0)) {
    await app?.close();
    await folder.remove();
  }
});

/** `invoke` logs, as the host does. */
async function load(
  files: Record<string, string>,
  rules = {},
): Promise<{ app: WorkerApp; invoke: WorkerApp['invoke']; log: LogEntry[] }> {
  const folder = await makeApp(files);
  const entry: (typeof opened)[number] = { folder, app: undefined };
  opened.push(entry);
  const log: LogEntry[] = [];
  const hostLog = createLog({ rules, sink: (one) => log.push(one) });
  const app = await loadApp({ appDir: folder.appDir, log: hostLog });
  entry.app = app;
  return { app, invoke: logged(app.invoke.bind(app), app.find.bind(app), hostLog), log };
}

const generic = (name: string, handler: string): string =>
  `require('@azure/functions').app.generic('${name}', { trigger: { type: 'activityTrigger', name: 'in' }, handler: ${handler} });`;
const call = (value: unknown, more: Partial<RpcInvocation> = {}): RpcInvocation => ({
  inputData: [{ name: 'in', data: { json: JSON.stringify(value) } }],
  triggerMetadata: {},
  ...more,
});

describe('loading an app', () => {
  it('loads every file that main matches, in the order of their names, CommonJS and ESM', async () => {
    const { app } = await load({
      'package.json': '{"main": "src/functions/*.{cjs,mjs}"}',
      'src/functions/b.mjs': `import { app } from '@azure/functions'; app.http('fromModule', { handler: () => ({}) });`,
      'src/functions/a.cjs': generic('fromCommonJs', '() => 1'),
      'src/other.cjs': `throw new Error('not named by main');`,
    });

    expect([...app.functions.keys()]).toEqual(['fromCommonJs', 'fromModule']);
    expect([app.fileOf('FROMMODULE'), app.find('frommodule')?.triggerType]).toEqual([
      'src/functions/b.mjs',
      'httpTrigger',
    ]);
  });

  it('reads a .js file as the type that the package declares', async () => {
    const { app } = await load({
      'package.json': '{"main": "index.js", "type": "module"}',
      'index.js': `import { app } from '@azure/functions'; await Promise.resolve(); app.http('later', { handler: () => ({}) });`,
    });
    expect([...app.functions.keys()]).toEqual(['later']);
  });

  it.each([
    ['no package.json main', { 'package.json': '{}' }, /no "main"/],
    ['no such file', { 'package.json': '{"main": "dist/index.js"}' }, /"dist\/index.js": File does not exist/],
    ['no match', { 'package.json': '{"main": "dist/*.js"}' }, /Found zero files/],
    ['no functions', { 'index.cjs': '' }, /No functions found/],
    ['a throw', { 'index.cjs': 'throw new Error("at load");' }, /"index.cjs": at load/],
    ['a broken package.json', { 'package.json': '{' }, /not valid JSON/],
    [
      'one name twice',
      { 'index.cjs': generic('x', '() => 1') + generic('x', '() => 2') },
      /"x" has already been registered/,
    ],
  ])('fails for %s', async (_, files, message) => {
    await expect(load(files)).rejects.toThrow(message);
  });

  it('ends registration: later functions are refused, later hooks are accepted', async () => {
    const { app } = await load({
      'index.cjs': generic(
        'late',
        `() => { require('@azure/functions').app.hook.preInvocation(() => {}); require('@azure/functions').app.http('x', { handler: () => ({}) }); }`,
      ),
    });
    await expect(app.invoke('late', call(1))).rejects.toThrow('A function can only be registered during app startup.');
  });

  it('keeps the functions and hooks of two apps in one process apart', async () => {
    const one = await load({
      'index.cjs':
        `require('@azure/functions').app.hook.postInvocation((c) => { c.result += 10; });` + generic('f', '() => 1'),
    });

    const two = await load({ 'index.cjs': generic('f', '() => 2') });

    expect((await one.app.invoke('f', call(0))).returnValue).toEqual({ int: 11 });
    expect((await two.app.invoke('f', call(0))).returnValue).toEqual({ int: 2 });
  });
});

describe('an invocation', () => {
  it('runs hooks around the handler, which may change inputs, handler, result and error', async () => {
    const { app } = await load({
      'index.cjs': `
        const { app } = require('@azure/functions'); const order = [];
        app.hook.appStart((c) => { c.hookData.started = true; order.push('start'); });
        app.hook.preInvocation((c) => { c.hookData.mine = 1; c.inputs = [c.inputs[0] + 1]; const original = c.functionHandler; c.functionHandler = async (...args) => (await original(...args)) * 2; order.push('pre'); });
        app.hook.postInvocation((c) => { order.push('post' + c.hookData.mine); if (c.error) { c.error = null; c.result = 'saved'; } });
        app.hook.appTerminate((c) => { globalThis.ended = c.hookData.started; });
        app.generic('twice', { trigger: { type: 'activityTrigger', name: 'in' }, handler: (n) => { order.push('run'); return n; } });
        app.generic('throws', { trigger: { type: 'activityTrigger', name: 'in' }, handler: () => { throw new Error('lost'); } });
        app.generic('order', { trigger: { type: 'activityTrigger', name: 'in' }, handler: () => order });`,
    });

    expect((await app.invoke('twice', call(20))).returnValue).toEqual({ int: 42 });
    expect((await app.invoke('throws', call(0))).returnValue).toEqual({ string: 'saved' });

    await app.close();
    expect((globalThis as { ended?: unknown }).ended).toBe(true);
  });

  it('turns a thrown value into an error with name, message and stack, and a string into its message', async () => {
    const { app } = await load({
      'index.cjs':
        generic('typed', `() => { throw new TypeError('wrong'); }`) +
        generic('text', `() => { throw 'bare'; }`) +
        generic('nothing', `() => { throw undefined; }`) +
        generic('object', `() => { throw { code: 5 }; }`),
    });
    const thrown = async (name: string): Promise<unknown> => app.invoke(name, call(0)).catch((error: unknown) => error);

    expect(await thrown('typed')).toMatchObject({ name: 'TypeError', message: 'wrong', isUserException: true });
    expect(await thrown('typed')).toBeInstanceOf(InvocationError);
    expect(((await thrown('typed')) as Error).stack).toMatch(/^TypeError: wrong\n.*index\.cjs/);
    expect(await thrown('text')).toMatchObject({ name: 'Error', message: 'bare' });
    expect(await thrown('object')).toMatchObject({ message: '{"code":5}' });
    expect(await thrown('nosuch')).toMatchObject({ isUserException: false });
  });

  it.each([
    [{ string: '{"a":1}' }, '{"json":"{\\"a\\":1}"}'],
    [{ string: 'text' }, '{"string":"text"}'],
    [{ int: 5 }, '{"int":5}'],
    [{ double: 1.5 }, '{"double":1.5}'],
    [{ json: '[1,null]' }, '{"json":"[1,null]"}'],
  ])('converts %o in both directions', async (data, expected) => {
    const { app } = await load({ 'index.cjs': generic('same', '(value) => value') });
    const result = await app.invoke('same', { inputData: [{ name: 'in', data }], triggerMetadata: {} });
    expect(JSON.stringify(result.returnValue)).toBe(expected);
  });

  it('gives a handler its context: id, name, metadata in camel case, retry', async () => {
    const { app } = await load({
      'index.cjs': generic(
        'context',
        '(_, c) => ({ id: c.invocationId, name: c.functionName, metadata: c.triggerMetadata, retry: c.retryContext })',
      ),
    });

    const { returnValue } = await app.invoke(
      'CONTEXT',
      call(0, {
        invocationId: 'the-id',
        triggerMetadata: { Sys: { json: '{"Deep":1}' } },
        retryContext: { retryCount: 1, maxRetryCount: 2 },
      }),
    );

    expect(JSON.parse(returnValue?.json ?? 'null')).toEqual({
      id: 'the-id',
      name: 'context',
      metadata: { sys: { deep: 1 } },
      retry: { retryCount: 1, maxRetryCount: 2 },
    });
  });

  it('fills in the inputs that the host provides', async () => {
    const { app } = await load({
      'index.cjs': `const { app } = require('@azure/functions'); const client = { type: 'durableClient', name: 'client' };
        app.generic('withClient', { trigger: { type: 'activityTrigger', name: 'in' }, extraInputs: [client], handler: (_, c) => c.extraInputs.get(client) });`,
    });
    app.setInputProvider('durableClient', (binding) => JSON.stringify({ of: binding.type }));

    expect((await app.invoke('withClient', call(0))).returnValue).toEqual({ json: '{"of":"durableClient"}' });
  });
});

describe('the log', () => {
  const app = generic(
    'talks',
    `(_, context) => { context.log('said', { a: 1 }); context.trace('too fine'); context.warn('careful'); context.error('bad'); }`,
  );

  it('receives the lines of a handler, by level and under its own category, with the invocation id', async () => {
    const { invoke, log } = await load({ 'index.cjs': app });
    await invoke('talks', call(0, { invocationId: 'id-1' }));
    const said = log.filter(({ category }) => category === 'Function.talks.User');

    expect(said.map(({ level, message, fields }) => [level, message, fields.invocationId])).toEqual([
      ['information', 'said { a: 1 }', 'id-1'],
      ['warning', 'careful', 'id-1'],
      ['error', 'bad', 'id-1'],
    ]);

    const around = log.filter(({ category }) => category === 'Function.talks');

    expect(around.map(({ message }) => message.replace(/\d+ms/, 'ms'))).toEqual([
      "Executing 'Functions.talks' (Reason='This function was programmatically called via the host APIs.', Id=id-1)",
      "Executed 'Functions.talks' (Succeeded, Id=id-1, Duration=ms)",
    ]);
  });

  it('applies the levels of host.json, by the longest matching category', async () => {
    const { invoke, log } = await load(
      { 'index.cjs': app },
      { default: 'Warning', 'Function.talks.User': 'Error', Host: 'None' },
    );

    await invoke('talks', call(0));

    expect(log.map(({ message }) => message)).toEqual(['bad']);
  });

  it('applies log hooks, which may change level and text', async () => {
    const { invoke, log } = await load({
      'index.cjs':
        `require('@azure/functions').app.hook.log((c) => { c.message = c.message.toUpperCase(); c.level = c.message === 'BAD' ? 'none' : c.level; });` +
        app,
    });

    await invoke('talks', call(0));
    const said = log.filter(({ category }) => category === 'Function.talks.User');

    expect(said.map(({ message }) => message)).toEqual(['SAID { A: 1 }', 'CAREFUL']);
  });

  it('shows an error with the frames of user code only', async () => {
    const { invoke, log } = await load({
      'index.cjs': `const inner = () => { throw new RangeError('too far'); };` + generic('fails', '() => inner()'),
    });

    await expect(invoke('fails', call(0))).rejects.toThrow('too far');

    const message = log.find(({ level }) => level === 'error')?.message ?? '';
    expect(message).toMatch(/Failed, Id=.*\nRangeError: too far\n {4}at inner .*index\.cjs/s);
    expect(message.split('\n').filter((line) => /^\s+at /.test(line) && !line.includes('index.cjs'))).toEqual([]);
  });
});
