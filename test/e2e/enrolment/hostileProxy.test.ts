import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { startChild, type Child } from '../../shared/childProcess.js';
import { onboardingOf } from '../harness/appClient.js';
import { PATIENCE } from '../harness/hostUnderTest.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';
import { joinedAgent } from './joinedAgent.js';
import { FORGED_DIGEST, HostileProxy, PLANTED } from './hostileProxy.js';
import { Joiner } from './joiner.js';

/*
 * The real agent and the real app, with a proxy between them that ends TLS and attacks. It can keep them apart as long
 * as it is there, and nothing more: no key of its own gets in, no answer of its own is believed, and the device needs
 * no hand afterwards.
 */

const CLIENT = 'behind-a-proxy';
const within = { timeout: PATIENCE * 1000, interval: 100 };

let it: TestStack;
let proxy: HostileProxy;
let folder: string;
const children: Child[] = [];
beforeAll(async () => {
  it = await startTestStack({ device: false, settings: { PULL_CHECK_RETRY_SECONDS: '1' } });
  proxy = await HostileProxy.start(it.stack.endpoints.functions.url);
  folder = mkdtempSync(join(tmpdir(), 'behind-a-proxy-'));
});
afterAll(async () => {
  await Promise.all(children.map((child) => child.end()));
  await proxy.close();
  await it.dispose();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

function agent(args: string[], env: Record<string, string> = {}): Child {
  const child = startChild('agent/main.js', args, { JOIN_FOLDER: join(folder, 'keys'), ...env });
  children.push(child);
  return child;
}
const engine = () => {
  try {
    return readFileSync(join(folder, 'config.json'), 'utf8');
  } catch {
    return '';
  }
};

test('a proxy that ends TLS lets no key of its own in, has no answer believed, and strands nobody', async () => {
  const token = await new Joiner(it).token(CLIENT);
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, token);
  const joins = agent(['join', '--token-file', tokenFile, '--url', proxy.url]);
  expect(await joins.exit, joins.stderr()).toBe(0);
  expect(proxy.refusals.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  expect(proxy.made).toHaveLength(3);

  const membership = z.looseObject({ thumbprint: z.string(), client: z.string() });
  const { thumbprint, client } = membership.parse(
    JSON.parse(readFileSync(join(folder, 'keys/membership.json'), 'utf8')),
  );
  expect(client).toBe(CLIENT);
  const { registry } = it.stack.endpoints.azure;
  const { connectedRegistry } = it.stack.endpoints.edge;
  const found = await it.app.get(`clients/${clientKey({ registry, connectedRegistry, client })}`);
  expect(found.text).toContain(thumbprint);

  const running = agent([], joinedAgent(it, join(folder, 'config.json')));
  await running.says(/DEVICE READY/);
  const operation = await it.app.start(onboardingOf(CLIENT));
  await expect.poll(() => proxy.left, within).toBe(0);
  const onboarded = await it.app.end(operation);
  expect(onboarded).toMatchObject({ status: 'completed' });
  // The device has reported a failure first, which the proxy would have had as a pull. Nothing was promoted for that.
  expect(proxy.changedOutcomes).toEqual(['secret-unavailable']);
  expect(proxy.refusals.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 401));
  expect(proxy.repeated).toEqual([202, 200]);
  expect(JSON.stringify(onboarded)).not.toContain(FORGED_DIGEST);
  const { value = '' } = await it.operator.secrets.getSecret(it.secretOf(CLIENT));
  await expect.poll(() => engine() !== '' && (JSON.parse(engine()) as unknown), within).toEqual(JSON.parse(value));
  expect(running.stderr()).toContain('answer refused');
  expect(`${engine()}${running.stderr()}`).not.toContain(PLANTED);
  expect(running.stderr()).not.toContain("the device's key has ended");
});
