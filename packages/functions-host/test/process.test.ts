import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { afterEach, describe, expect, it } from 'vitest';

import { makeApp, type AppFolder } from './appFolder.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const app = `
console.log('while loading');
const { app } = require('@azure/functions');
app.http('hello', { authLevel: 'anonymous', handler: () => ({ body: process.env.GREETING + process.env.WEBSITE_HOSTNAME.replace(/\\d+/, 'N') }) });
app.http('slow', { authLevel: 'anonymous', handler: async (request) => { console.log('slow has started'); await new Promise((resolve) => setTimeout(resolve, Number(request.query.get('ms')))); return { body: 'late' }; } });
app.http('crash', { authLevel: 'anonymous', handler: () => { setTimeout(() => { throw new Error('out of reach'); }, 10); return {}; } });
app.timer('tick', { schedule: '0 0 0 1 1 *', handler: () => {} });
`;

const dropping = `
const { app } = require('@azure/functions');
const drop = async () => { void Promise.reject(new Error('dropped')); };
const open = { authLevel: 'anonymous' };
app.http('hello', { ...open, handler: () => ({ body: 'hello' }) });
app.http('drops', { ...open, handler: async () => { void drop(); return { body: 'not seen' }; } });
app.http('dropsThree', { ...open, handler: async () => { for (const n of [1, 2, 3]) void Promise.reject(new Error('dropped ' + n)); return {}; } });
app.http('throwsLater', { ...open, handler: async () => { setTimeout(() => { throw new Error('dropped'); }, 1); return new Promise(() => {}); } });
`;
const durably = `${dropping}
const df = require('durable-functions');
df.app.activity('act', { handler: async () => { void drop(); return 'not seen'; } });
df.app.orchestration('calls', function* (context) { return yield context.df.callActivity('act'); });
df.app.orchestration('returns', function* () { return Promise.reject(new Error('dropped')); });
`;
const exited = 'node exited with code 1 (0x1)';
/**
 * Apps whose errors nobody handles: files, the path of a function or the name of an orchestration, what its caller
 * sees.
 */
const crashing: [string, Record<string, string>, string, string][] = [
  ['a rejection in an HTTP function', { 'index.cjs': dropping }, 'drops', '500 '],
  ['a throw in a timer', { 'index.cjs': dropping }, 'throwsLater', '500 '],
  [
    'a rejection with HTTP streams',
    {
      'index.cjs': dropping.replace(
        "require('@azure/functions');",
        "require('@azure/functions'); app.setup({ enableHttpStream: true });",
      ),
    },
    'throwsLater',
    '500 ',
  ],
  ['a rejection in an activity', { 'index.cjs': durably }, '!calls', `Activity function 'act' failed: ${exited}`],
  [
    'a rejection in an orchestrator',
    { 'index.cjs': durably },
    '!returns',
    `Orchestrator function 'returns' failed: One or more errors occurred. (${exited})`,
  ],
];

const children: ChildProcess[] = [];
const folders: AppFolder[] = [];
afterEach(async () => {
  for (const child of children.splice(0))
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) await folder.remove();
});

interface Running {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly exit: Promise<number | null>;
  /** The address of the `n`th ready line. */
  ready(n?: number): Promise<string>;
}

function run(args: string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let out = '';
  let err = '';
  child.stdout?.on('data', (part: Buffer) => (out += part.toString()));
  child.stderr?.on('data', (part: Buffer) => (err += part.toString()));
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  return {
    child,
    out: () => out,
    err: () => err,
    exit,
    ready: async (n = 1) => {
      await expect.poll(() => out.match(/^HOST READY /gm)?.length ?? 0, { timeout: 10_000 }).toBeGreaterThanOrEqual(n);
      return (
        /HOST READY (\S+)/.exec(
          out
            .split('\n')
            .filter((line) => line.startsWith('HOST'))
            .at(-1) ?? '',
        )?.[1] ?? ''
      );
    },
  };
}

async function folderWith(files: Record<string, string> = {}): Promise<AppFolder> {
  const folder = await makeApp({ 'index.cjs': app, ...files });
  folders.push(folder);
  return folder;
}

describe('the host as a process', () => {
  it('prints one ready line on standard output and everything else on standard error, and serves', async () => {
    const { appDir, dataDir } = await folderWith({
      'local.settings.json': '{"IsEncrypted": false, "Values": {"GREETING": "hi "}}',
    });
    const host = run(['--app', appDir, '--port', '0', '--data', dataDir]);

    const url = await host.ready();

    expect(host.out()).toMatch(/^HOST READY http:\/\/localhost:\d+\n$/);
    expect(await (await fetch(`${url}/api/hello`)).text()).toBe('hi localhost:N');
    expect(host.err()).toContain(
      `\nFunctions:\n\n\tcrash: [GET,POST] ${url}/api/crash\n\n\thello: [GET,POST] ${url}/api/hello\n`,
    );
    expect(host.err()).toContain('\ttick: timerTrigger\n');
    expect(host.err()).toContain('Host.Function.Console: while loading');
    expect((await stat(path.join(dataDir, 'keys.json'))).mode & 0o777).toBe(0o600);

    const keys = JSON.parse(await readFile(path.join(dataDir, 'keys.json'), 'utf8')) as Record<string, string>;
    expect((await fetch(`${url}/admin/host/status?code=${keys['master']}`)).status).toBe(200);

    host.child.kill('SIGTERM');
    expect(await host.exit).toBe(0);
  });

  it('keeps its keys across a restart', async () => {
    const { appDir, dataDir } = await folderWith();
    const read = (): Promise<string> => readFile(path.join(dataDir, 'keys.json'), 'utf8');
    const first = run(['--app', appDir, '--port', '0', '--data', dataDir]);
    await first.ready();

    const keys = await read();
    first.child.kill('SIGINT');

    expect(await first.exit).toBe(0);

    await run(['--app', appDir, '--port', '0', '--data', dataDir]).ready();
    expect(await read()).toBe(keys);
  });

  it('completes requests in progress at the first signal, and ends at once at the second', async () => {
    const { appDir, dataDir } = await folderWith();
    const host = run(['--app', appDir, '--port', '0', '--data', dataDir]);
    const url = await host.ready();
    const answered = fetch(`${url}/api/slow?ms=500`).then((answer) => answer.text());
    await expect.poll(host.err).toContain('slow has started');
    host.child.kill('SIGTERM');
    expect(await answered).toBe('late');
    expect(await host.exit).toBe(0);

    const other = run(['--app', appDir, '--port', '0', '--data', dataDir]);
    const otherUrl = await other.ready();
    const cut = fetch(`${otherUrl}/api/slow?ms=60000`).catch(() => 'cut off');
    await expect.poll(other.err).toContain('slow has started');
    other.child.kill('SIGTERM');
    // The first signal has arrived once no more requests are accepted.
    const hello = () =>
      fetch(`${otherUrl}/api/hello`).then(
        () => 'answered',
        () => 'refused',
      );
    await expect.poll(hello).toBe('refused');
    other.child.kill('SIGTERM');
    expect(await other.exit).toBe(1);
    expect(await cut).toBe('cut off');
  });

  it.each([
    [['--nonsense'], 2, /--nonsense/],
    [['--port', 'x'], 2, /--port x is not a port/],
    [['--app', '/nonexistent'], 2, /\/nonexistent holds no package\.json/],
  ])('refuses %j with exit code %i', async (args, code, message) => {
    const host = run(args);
    expect(await host.exit).toBe(code);
    expect(host.err()).toMatch(message);
  });

  it('explains its usage', async () => {
    const host = run(['--help']);
    expect(await host.exit).toBe(0);
    expect(host.out()).toContain('--strict');
  });

  it('reports a port in use, and which part of the app does not load', async () => {
    const { appDir, dataDir } = await folderWith();
    const first = run(['--app', appDir, '--port', '0', '--data', dataDir]);
    const { port } = new URL(await first.ready());
    const second = run(['--app', appDir, '--port', port, '--data', `${dataDir}-2`]);
    expect(await second.exit).toBe(1);
    expect(second.err()).toContain(`port ${port} is taken`);

    const broken = await folderWith({ 'index.cjs': 'const inner = () => { throw new Error("at load"); };\ninner();' });
    const third = run(['--app', broken.appDir, '--port', '0', '--data', broken.dataDir]);
    expect(await third.exit).toBe(1);
    expect(third.err()).toMatch(/at load\n\s+at inner \(.*index\.cjs:1/);
    expect(third.out()).toBe('');
  });

  it('with --strict ends with an error if user code throws outside an invocation', async () => {
    const { appDir, dataDir } = await folderWith();
    const host = run(['--app', appDir, '--port', '0', '--data', dataDir, '--strict']);
    await fetch(`${await host.ready()}/api/crash`);
    expect(await host.exit).toBe(1);
    expect(host.err()).toMatch(/unhandled error, the host ends: Error: out of reach\n.*index\.cjs/);
  });

  it.each(crashing)(
    'fails what runs when an error is handled by nobody, and goes on, but for the third time: %s',
    async (_, files, path, text) => {
      const { appDir, dataDir } = await folderWith(files);
      const host = run(['--app', appDir, '--port', '0', '--data', dataDir]);
      const url = await host.ready();
      const { durable } = JSON.parse(await readFile(`${dataDir}/keys.json`, 'utf8')) as { durable: string };
      const hook = `${url}/runtime/webhooks/durabletask`;
      const ended = async (id: string): Promise<string> => {
        await fetch(`${hook}/orchestrators/${id}/${id}?code=${durable}`, { method: 'POST' });
        const status = async (): Promise<{ runtimeStatus: string; output: string }> =>
          (await fetch(`${hook}/instances/${id}?code=${durable}`)).json() as Promise<{
            runtimeStatus: string;
            output: string;
          }>;
        await expect.poll(async () => (await status()).runtimeStatus, { timeout: 10_000 }).toBe('Failed');
        return (await status()).output;
      };
      const answer = async (): Promise<string> => {
        const response = await fetch(`${url}/api/${path}`);
        return `${response.status} ${await response.text()}`;
      };

      expect(path.startsWith('!') ? await ended(path.slice(1)) : await answer()).toContain(text);
      expect(await (await fetch(`${url}/api/hello`)).text()).toBe('hello');
      expect(host.err()).toMatch(/running invocations fail \(1\)\..*this is number 1\. Error: dropped/);

      // Errors within a second of a counted one are a part of it.
      await pause(1100);
      await fetch(`${url}/api/drops`).catch(() => undefined);
      expect(await (await fetch(`${url}/api/hello`)).text()).toBe('hello');
      await pause(1100);
      await fetch(`${url}/api/drops`).catch(() => undefined);
      expect(await host.exit).toBe(1);
      expect(host.err()).toContain('unhandled error, the host ends: Error: dropped');
    },
  );

  it('counts the rejections that one turn drops as one end', async () => {
    const { appDir, dataDir } = await folderWith({ 'index.cjs': dropping });
    const host = run(['--app', appDir, '--port', '0', '--data', dataDir]);
    const url = await host.ready();
    expect((await fetch(`${url}/api/dropsThree`)).status).toBe(500);
    expect(await (await fetch(`${url}/api/hello`)).text()).toBe('hello');
    expect(host.err()).toMatch(/this is number 1\. Error: dropped 1[^]*within a second of number 1,[^]*dropped 3/);
    expect(host.err()).not.toContain('number 2');
  });

  it('with --watch serves the app’s new files', async () => {
    const { appDir, dataDir } = await folderWith();
    const host = run(['--app', appDir, '--port', '0', '--data', dataDir, '--watch'], { GREETING: 'old ' });
    expect(await (await fetch(`${await host.ready()}/api/hello`)).text()).toMatch(/^old/);

    await writeFile(path.join(appDir, 'index.cjs'), app.replace('process.env.GREETING', "'new '"));
    expect(await (await fetch(`${await host.ready(2)}/api/hello`)).text()).toMatch(/^new/);

    host.child.kill('SIGTERM');
    expect(await host.exit).toBe(0);
  });
});
