import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { startChild, type Child } from '../../../shared/childProcess.js';
import { onboardingOf } from '../../harness/appClient.js';
import { hostLog } from '../../harness/hostLog.js';
import { PATIENCE } from '../../harness/hostUnderTest.js';
import type { TestStack } from '../../harness/testStack.js';
import { HubDevice, HubOperator } from '../hubDevices.js';
import { joinedAgent } from '../joinedAgent.js';
import { Joiner } from '../joiner.js';
import { LossyProxy, type Losses } from './lossyProxy.js';

const within = { timeout: PATIENCE * 1000, interval: 250 };
const membership = z.looseObject({ thumbprint: z.string() });
const operations = z.object({ operations: z.array(z.object({ id: z.string() })) });

/** Onboards a client. Its device must have pulled, and must have acknowledged what was promoted. */
async function onboards(it: TestStack, client: string, name: string): Promise<void> {
  const id = await it.app.start(onboardingOf(client));
  const ended = await it.app.end(id);
  expect(ended, name).toMatchObject({ status: 'completed', result: { pull: { image: 'hello-world:latest' } } });
  const acknowledged = new RegExp(`promotion\\.acknowledge\\.succeeded.*${id}`);
  const isAcknowledged = () => acknowledged.test(hostLog(it));
  await expect.poll(isAcknowledged, { ...within, message: `${name}: acknowledged` }).toBe(true);
  const { body } = await it.app.get(`clients/${it.secretOf(client)}/operations`);
  expect(operations.parse(body).operations, name).toEqual([expect.objectContaining({ id })]);
}

/** The engine beside the agent logs in with what the vault has for the client. */
async function deliversTo(it: TestStack, client: string, engine: () => unknown, name: string): Promise<void> {
  const { value = '' } = await it.operator.secrets.getSecret(it.secretOf(client));
  await expect.poll(engine, { ...within, message: `${name}: delivered` }).toEqual(JSON.parse(value));
}

function contentOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** The agent goes on until all was lost that was to be. */
async function losesAll(proxy: LossyProxy, name: string): Promise<void> {
  await expect.poll(() => proxy.left, { ...within, message: `${name}: lost` }).toEqual([]);
}

/** Has the agent join, renew keys that are due, pull, report and acknowledge, all by a proxy that loses some of it. */
export async function joinedJourney(it: TestStack, client: string, losses: Losses): Promise<void> {
  const name = JSON.stringify(losses);
  const place = mkdtempSync(join(tmpdir(), 'lost-replies-'));
  const proxy = await LossyProxy.start(it.stack.endpoints.functions.url, losses);
  const [folder, engineFile, tokenFile] = [join(place, 'keys'), join(place, 'config.json'), join(place, 'token')];
  const membershipFile = join(folder, 'membership.json');
  let agent: Child | undefined;
  try {
    writeFileSync(tokenFile, await new Joiner(it).token(client));
    const joins = startChild('agent/main.js', ['join', '--token-file', tokenFile, '--url', proxy.url], {
      JOIN_FOLDER: folder,
    });
    expect(await joins.exit, `${name}: ${joins.stderr()}`).toBe(0);
    const joined = membership.parse(contentOf(membershipFile));
    expect(await recorded(it, client), name).toContain(joined.thumbprint);

    // Its keys come of age.
    writeFileSync(membershipFile, JSON.stringify({ ...joined, keysSince: '2020-01-01T00:00:00Z' }), { mode: 0o600 });
    agent = startChild('agent/main.js', [], { JOIN_FOLDER: folder, ...joinedAgent(it, engineFile) });
    await onboards(it, client, name);
    await deliversTo(it, client, () => contentOf(engineFile), name);

    const isRenewed = () => {
      const { thumbprint, renewal } = membership.parse(contentOf(membershipFile));
      return thumbprint !== joined.thumbprint && renewal === undefined;
    };
    await expect.poll(isRenewed, { ...within, message: `${name}: renewed` }).toBe(true);
    const { thumbprint } = membership.parse(contentOf(membershipFile));
    expect(await recorded(it, client), name).toContain(thumbprint);
    const keys = () => readdirSync(folder).filter((file) => file.startsWith('keys-'));
    await expect.poll(keys, within).toEqual([`keys-${thumbprint}.json`]);
    await losesAll(proxy, name);
  } finally {
    await agent?.end();
    await proxy.close();
    rmSync(place, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** As {@link joinedJourney}, for a device of a hub: its messages come by the hub, everything else by the proxy. */
export async function hubJourney(it: TestStack, client: string, losses: Losses): Promise<void> {
  const name = JSON.stringify(losses);
  const proxy = await LossyProxy.start(it.stack.endpoints.functions.url, losses);
  const device = new HubDevice(it, client, { app: proxy.url });
  try {
    await device.start();
    const hub = new HubOperator(it);
    await expect.poll(() => hub.twin(client), within).toContain('"keys":"');
    await onboards(it, client, name);
    await deliversTo(it, client, () => device.engine(), name);
    expect(await recorded(it, client), name).toContain(device.thumbprint());
    await losesAll(proxy, name);
  } finally {
    await device.dispose();
    await proxy.close();
  }
}

const recorded = async (it: TestStack, client: string) => (await it.app.get(`clients/${it.secretOf(client)}`)).text;
