import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { pullManifest } from './harness/edge.js';
import { findPasswords } from './harness/passwordSearch.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

let it: TestStack;
beforeAll(async () => (it = await startTestStack()));
afterAll(() => it.dispose());

const start = (client: string): Promise<string> =>
  it.app.start({ connectedRegistry: 'myconnectedregistry', client, repositories: ['hello-world'] });

const publishedPid = (): number =>
  z.object({ functions: z.object({ pid: z.int() }) }).parse(JSON.parse(readFileSync(it.stack.endpointsFile, 'utf8')))
    .functions.pid;

test('a killed functions host is back within two seconds, with its new process id in endpoints.json', async () => {
  const pid = publishedPid();
  process.kill(pid, 'SIGKILL');
  const killedAt = Date.now();
  await vi.waitFor(() => expect(publishedPid()).not.toBe(pid), { timeout: 5000, interval: 20 });
  expect(Date.now() - killedAt).toBeLessThan(2000);
  expect(publishedPid()).toBe(it.stack.pidOf('host'));
  expect((await it.app.get('operations/none.none')).status).toBe(404);
});

test.each(['ensureScopeMap', 'ensureToken', 'issueCredentials', 'bind', 'pullCheck', 'promote'])(
  'killed with SIGKILL as %s begins, an onboarding completes, and what it saved works',
  async (step) => {
    const { app, operator, stack } = it;
    const id = await start(`killed-at-${step}`);
    await app.watch(id, ({ steps, status }) => status !== 'running' || steps.some(({ name }) => name === step));
    process.kill(publishedPid(), 'SIGKILL');
    const ended = await app.end(id);
    expect(ended.status).toBe('completed');
    const { token = '', secret } = ended.result ?? {};
    expect((await operator.boundTokens()).filter((name) => name === token)).toHaveLength(1);
    const login = await operator.login(secret?.name ?? '');
    expect(login).toMatchObject({ host: stack.endpoints.edge.host, user: token });
    expect(await pullManifest(login, 'hello-world')).toMatchObject({ status: 200 });
  },
);

test('eight onboardings at once survive three kills, each bound once and with a password that works', async () => {
  const { app, operator } = it;
  const ids = await Promise.all(Array.from({ length: 8 }, (_, n) => start(`crowd-${n}`)));
  for (let kill = 0; kill < 3; kill++) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    const pid = publishedPid();
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(publishedPid()).not.toBe(pid), { timeout: 5000, interval: 20 });
  }
  const ended = await Promise.all(ids.map((id) => app.end(id)));
  expect(ended.map(({ status }) => status)).toEqual(Array(8).fill('completed'));
  const bound = await operator.boundTokens();
  for (const { result } of ended) {
    expect(bound.filter((name) => name === result?.token)).toHaveLength(1);
    const login = await operator.login(result?.secret.name ?? '');
    expect(await pullManifest(login, 'hello-world')).toMatchObject({ status: 200 });
  }
});

test.each(['azure', 'edge', 'device'] as const)(
  'a killed %s process comes back and the next onboarding completes',
  async (name) => {
    const pid = it.stack.pidOf(name);
    it.stack.crash(name);
    await vi.waitFor(() => expect([undefined, pid]).not.toContain(it.stack.pidOf(name)), {
      timeout: 5000,
      interval: 20,
    });
    expect((await it.app.end(await start(`after-${name}`))).status).toBe('completed');
  },
);

test('no password stands in the journal, a log or an answer after all these kills', async () => {
  const { searched, found, inVaultStore } = await findPasswords(it);
  expect(searched).toBeGreaterThan(15);
  expect(found).toEqual([]);
  expect(inVaultStore).toBe(true);
});
