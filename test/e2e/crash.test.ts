import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { onboardingOf } from './harness/appClient.js';
import { pullManifest } from './harness/edge.js';
import { findPasswords } from './harness/passwordSearch.js';
import { ofRing } from './harness/ring.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

let it: TestStack;
beforeAll(async () => {
  it = await startTestStack();
  // A host that dies between making a password and saving it makes another one in the same slot, and such a one takes a
  // minute to be known at the edge in Azure. Here a second, so that the tests need not wait for it.
  await it.stack.controlPlane.https(`${it.stack.endpoints.azure.arm}/_control/settings`, {
    method: 'PATCH',
    body: { replicationSeconds: 1 },
  });
});
afterAll(() => it.dispose());

const start = (client: string): Promise<string> => it.app.start(onboardingOf(client));

/**
 * Milliseconds for a test that kills the host, however often, and then waits for what it had started; only what hangs
 * takes it.
 */
const KILLS_WITHIN = 45 * 60_000;

const publishedPid = (): number =>
  z.object({ functions: z.object({ pid: z.int() }) }).parse(JSON.parse(readFileSync(it.stack.endpointsFile, 'utf8')))
    .functions.pid;

test(
  'a killed functions host is restarted, with its new process id in endpoints.json',
  { tags: 'local-host' },
  async () => {
    const pid = publishedPid();
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(publishedPid()).not.toBe(pid), { timeout: 60_000, interval: 20 });
    expect(publishedPid()).toBe(it.stack.pidOf('host'));
    expect((await it.app.get('operations/none.none')).status).toBe(404);
  },
);

/** How an onboarding ended, and what the credential that it saved is good for. */
async function outcomeOf(id: string): Promise<{ status: string; bindings: number; pull: number }> {
  const { app, operator, stack } = it;
  const { status, result, failure } = await app.end(id);
  if (!result) throw new Error(`${id} ended ${status}: ${JSON.stringify(failure)}`);
  const bindings = (await operator.boundTokens()).filter((name) => name === result.token).length;
  const login = await operator.login(result.secret.name);
  expect(login).toMatchObject({ host: stack.endpoints.edge.host, user: result.token });
  return { status, bindings, pull: (await pullManifest(login, 'hello-world')).status };
}
const ONBOARDED = { status: 'completed', bindings: 1, pull: 200 };

/**
 * One kill as each of them begins. In the default ring only where a kill is worst: a password is made, a binding is
 * requested, a secret is promoted. There faults/onboarding.test.ts kills the host during calls of the other steps.
 */
const STEPS = ofRing({
  default: ['issueCredentials', 'bind', 'promote'],
  long: ['ensureScopeMap', 'ensureToken', 'issueCredentials', 'bind', 'pullCheck', 'promote'],
});
/** Onboardings under way; the default ring has one beside each that is killed. */
const UNDER_WAY = ofRing({ default: 6, long: 20 });

test(
  `${UNDER_WAY} onboardings survive ${STEPS.length} kills of host and app, one at the start of each step; each client is bound once and its password works`,
  async () => {
    const { app } = it;
    const ids = await Promise.all(Array.from({ length: UNDER_WAY - STEPS.length }, (_, n) => start(`crowd-${n}`)));
    for (const step of STEPS) {
      // Each begins while those before it are still picking themselves up.
      const id = await start(`killed-at-${step}`);
      ids.push(id);
      const reached = await app.watch(
        id,
        ({ steps, status }) => status !== 'running' || steps.some(({ name }) => name === step),
      );
      expect(reached.steps.map(({ name }) => name)).toContain(step);
      await it.crashHost();
    }
    expect(ids).toHaveLength(UNDER_WAY);
    for (const id of ids) expect({ id, ...(await outcomeOf(id)) }).toEqual({ id, ...ONBOARDED });
  },
  KILLS_WITHIN,
);

test.each(['azure', 'edge', 'device'] as const)(
  'after a kill of the %s process the next onboarding completes',
  async (name) => {
    const pid = it.stack.pidOf(name);
    it.stack.crash(name);
    await vi.waitFor(() => expect([undefined, pid]).not.toContain(it.stack.pidOf(name)), {
      timeout: 20_000,
      interval: 20,
    });
    expect((await it.app.end(await start(`after-${name}`))).status).toBe('completed');
  },
);

test('no password appears in the journal, a log or an answer after all these kills', async () => {
  const { searched, found, inVaultStore } = await findPasswords(it);
  expect(searched).toBeGreaterThanOrEqual((UNDER_WAY * 3) / 4);
  expect(found).toEqual([]);
  expect(inVaultStore).toBe(true);
});
