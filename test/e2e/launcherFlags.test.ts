// @module-tag local-host
// What the launcher's flags do, an agent by hand, and how a start that fails ends.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PROCESS_NAMES } from '@connected-registry/local-stack/stack/plans';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { AppClient } from './harness/appClient.js';
import { FREE, Launched, lives } from './harness/launched.js';
import { startTestStack } from './harness/testStack.js';

let own: Launched;
beforeEach(() => {
  own = new Launched();
});
afterEach(() => own.dispose());

const launch: Launched['launch'] = (...flags) => own.launch(...flags);
const endpoints = () => own.endpoints();

/** The line that is printed for an agent by hand, and the README's own, which names the default folder. */
const AGENT_LINE =
  /^( {2})?(node scripts\/withEnvironment\.mjs \S+device\.env node packages\/agent\/dist\/main\.js.*)$/m;

test('the one printed line pulls by hand as the device does, and is in the README', async () => {
  const { output } = launch(...FREE);
  const found = await endpoints();
  await vi.waitFor(() => expect(output()).toContain('by hand'));
  const line = AGENT_LINE.exec(output())?.[2] ?? '';
  const readme = readFileSync(join(projectRoot(), 'README.md'), 'utf8');
  expect(readme).toContain(line.replace(join(own.folder, 'device.env'), '.local/device.env'));
  expect(statSync(join(own.folder, 'device.env')).mode & 0o077).toBe(0);

  const app = new AppClient(found.functions.url, found.functions.key);
  const request = { connectedRegistry: 'myconnectedregistry', client: 'device-1', repositories: ['hello-world'] };
  expect((await app.end(await app.start(request))).status).toBe('completed');
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], {
    cwd: projectRoot(),
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'pulled', image: 'hello-world:latest' });

  const log = readFileSync(join(own.folder, 'edge', 'log'), 'utf8');
  expect(log).toContain('"message":"pulled manifest"');
});

test('--external-agent uses an agent that the printed line starts; --set and --profiles configure the app', async () => {
  const profiles = join(own.folder, 'profiles.json');
  writeFileSync(
    profiles,
    JSON.stringify([
      {
        name: 'other',
        match: { device: 'x-*' },
        connectedRegistry: 'myconnectedregistry',
        repositories: ['hello-world'],
      },
    ]),
  );
  const settings = ['--set', 'CREDENTIAL_LIFETIME_DAYS=60', '--set', 'NO_SUCH=1', '--profiles', profiles];
  const { output } = launch(...FREE, '--external-agent', ...settings);
  const found = await endpoints();
  expect(output()).toContain('the app has no setting NO_SUCH');
  await vi.waitFor(() => expect(output()).toContain('by hand'));
  const line = AGENT_LINE.exec(output())?.[2] ?? '';
  own.children.push(
    spawn('sh', ['-c', `exec ${line}`], {
      cwd: projectRoot(),
      stdio: 'ignore',
      env: { PATH: process.env['PATH'] },
    }),
  );
  await vi.waitFor(() => expect(output()).toContain('pull checks are asked of the device agent'));

  const app = new AppClient(found.functions.url, found.functions.key);
  const request = { connectedRegistry: 'myconnectedregistry', client: 'by-hand', repositories: ['hello-world'] };
  const ended = await app.end(await app.start(request));
  expect(ended.status).toBe('completed');
  const days = (Date.parse(ended.result?.secret.expiresOn ?? '') - Date.now()) / 86_400_000;
  expect(Math.round(days)).toBe(60);
});

test('a failed start ends with the reason in its last line: profiles that the app refuses', async () => {
  expect(await failedStart('--profiles', join(own.folder, 'profiles.json'))).toEqual(failedWith(/PROFILES/));
});

// In the default ring the app refuses its profiles, above.
test(
  'a failed start ends with the reason in its last line: a setting that the app refuses',
  { tags: 'long' },
  async () => {
    expect(await failedStart('--set', 'KEY_VAULT_URL=nowhere')).toEqual(failedWith(/KEY_VAULT_URL/));
  },
);

/** Starts with flags with which no start succeeds. @returns what it leaves. */
async function failedStart(...flags: string[]) {
  writeFileSync(join(own.folder, 'profiles.json'), '{"none": true}');
  const { child, output } = launch(...FREE, ...flags);
  const [code] = (await once(child, 'exit')) as [number | null];
  const [, last = ''] = /\n(host ended[^]*)$/.exec(output()) ?? [];
  const { pid } = JSON.parse(readFileSync(join(own.folder, 'launcher.json'), 'utf8')) as { pid: number | null };
  const isPublished = existsSync(join(own.folder, 'endpoints.json'));
  return { code, last, hasTrace: /^\s+at /m.test(last), isPublished, pid };
}

function failedWith(reason: RegExp) {
  return { code: 1, last: expect.stringMatching(reason) as string, hasTrace: false, isPublished: false, pid: null };
}

test('an error during the stop of a stack is reported, and leaves no process running', async () => {
  const it = await startTestStack();
  const { stack } = it;
  const pids = PROCESS_NAMES.map((name) => stack.pidOf(name) ?? null);
  // A folder where the file was cannot be removed as one.
  rmSync(stack.endpointsFile);
  mkdirSync(stack.endpointsFile);
  await expect(stack.stop()).rejects.toThrow(/Not everything could be cleared away/);
  expect(pids.map(lives)).toEqual(pids.map(() => false));
  await it.dispose().catch(() => undefined);
});
