import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AzureRun } from '../under-test/azureRun.js';

const VAULT = 'https://vault.azure.net';
const HUB = 'https://iothubs.azure.net';

describe('an answered write', () => {
  let data: string;
  let run: AzureRun;
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'azure-killed-'));
    run = await AzureRun.start(data);
  });
  afterEach(async () => {
    await run.kill();
    await rm(data, { recursive: true, force: true, maxRetries: 5 });
  });

  it('survives a kill of the busy process', async () => {
    const { subscriptionId, resourceGroup, registry } = run.world;
    const registryPath = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${registry}`;
    const arm = (name: string): string => `${registryPath}/scopeMaps/${name}?api-version=2025-11-01`;
    const secret = (name: string): string => `/secrets/${name}?api-version=7.4`;
    const device = (name: string): string => `/iothub/devices/${name}?api-version=2021-04-12`;
    const actions = ['repositories/hello-world/content/read'];
    const answered: { path: string; audience: string | undefined }[] = [];
    let enough = (): void => undefined;
    const busy = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const write = async (path: string, body: unknown, audience?: string): Promise<void> => {
      const { status } = await run.call('PUT', path, body, audience);
      expect(status).toBeLessThan(300);
      answered.push({ path, audience });
      if (answered.length === 90) enough();
    };
    const writer = async (kind: number): Promise<void> => {
      for (let n = 0; ; n++) {
        const name = `kept-${kind}-${n}`;
        if (kind % 3 === 0) await write(arm(name), { properties: { actions } });
        else if (kind % 3 === 1) await write(secret(name), { value: name }, VAULT);
        else await write(device(name), { deviceId: name }, HUB);
      }
    };
    const writers = [0, 1, 2, 3, 4, 5].map((kind) => writer(kind));
    const ended = Promise.allSettled(writers);
    await busy;
    await run.kill();

    // Each writer ended because its connection broke, not because of an answer.
    for (const one of await ended)
      expect(one).toMatchObject({ status: 'rejected', reason: { code: expect.any(String) as string } });

    run = await AzureRun.start(data);
    expect(answered.length).toBeGreaterThanOrEqual(90);
    for (const { path, audience } of answered) {
      expect({ path, status: (await run.call('GET', path, undefined, audience)).status }).toEqual({
        path,
        status: 200,
      });
    }
  });

  it('survives a kill if only the client knows of it: a generated password, a deletion', async () => {
    const { subscriptionId, resourceGroup, registry, connectedRegistry } = run.world;
    const registryPath = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${registry}`;
    const made = await run.call('POST', `${registryPath}/generateCredentials?api-version=2025-11-01`, {
      tokenId: `${registryPath}/tokens/${connectedRegistry}`,
      name: 'password1',
    });
    await run.call('PUT', '/secrets/short?api-version=7.4', { value: 'x' }, VAULT);
    await run.call('DELETE', '/secrets/short?api-version=7.4', undefined, VAULT);
    await run.kill();
    run = await AzureRun.start(data);
    const { passwords } = made.body as { passwords: { value: string }[] };
    const basic = Buffer.from(`${connectedRegistry}:${passwords[0]?.value ?? ''}`).toString('base64');

    const synced = await new Promise<number>((resolve, reject) => {
      const path = `/gateway/${registry}/${connectedRegistry}/sync`;
      const sent = request(
        `${run.url}${path}`,
        { method: 'POST', agent: run.agent, headers: { authorization: `Basic ${basic}` } },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      sent.on('error', reject);
      sent.end('{}');
    });

    expect(synced).toBe(200);

    const gone = await run.call('GET', '/secrets/short?api-version=7.4', undefined, VAULT);
    expect(gone.status).toBe(404);

    const deleted = await run.call('GET', '/deletedsecrets/short?api-version=7.4', undefined, VAULT);
    expect(deleted.status).toBe(200);
  });
});
