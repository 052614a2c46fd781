import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Cloud } from '../../../../test/shared/cloud.js';
import { OidcProvider } from '../../../../test/shared/oidcProvider.js';
import { entraSignIn } from '../../src/connection/entraSignIn.js';
import { fakeWorld } from '../fakes/fakeWorld.js';

/*
 * A job of GitHub Actions signs in at the simulated Entra, which checks assertions as Entra does, at one date for all.
 */

let cloud: Cloud;
let github: OidcProvider;
beforeAll(async () => {
  cloud = await Cloud.start();
});
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  github = await OidcProvider.start();
  const body = { identity: 'operator', ...github.credential };
  await cloud.call('POST', '/_control/federated-credentials', body);
});
afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await github.close();
});
afterAll(() => cloud.end());

/** How a job signs in. @param more of its environment */
function job(more: Readonly<Record<string, string>> = {}) {
  const slept: number[] = [];
  const world = {
    ...fakeWorld(() => ({})),
    fetch,
    now: () => Date.now(),
    sleep: async (milliseconds: number) => void slept.push(milliseconds),
    env: {
      ...github.env,
      AZURE_AUTHORITY_HOST: cloud.url,
      AZURE_CLIENT_ID: cloud.running.world.identities.operator.clientId,
      AZURE_TENANT_ID: cloud.running.world.tenantId,
      ...more,
    },
  };
  const signIn = entraSignIn(`${cloud.url}/.default`, world, cloud.client);
  const token = async (): Promise<string> => (await signIn())['authorization']?.replace('Bearer ', '') ?? '';
  return { token, slept };
}

const later = (minutes: number): unknown => vi.setSystemTime(Date.now() + minutes * 60_000);

test('for hours, with a fresh assertion whenever its access token ends', async () => {
  const { token } = job();
  const first = await token();
  expect(decodeJwt(first)).toMatchObject({ oid: cloud.running.world.identities.operator.objectId });
  let asked = github.issued.length;
  later(30);
  expect(await token()).toBe(first);
  expect(github.issued).toHaveLength(asked);
  for (let hour = 1; hour <= 5; hour++) {
    later(60);
    expect(decodeJwt(await token()).exp).toBeGreaterThan(Date.now() / 1000);
    expect(github.issued.length).toBeGreaterThan(asked);
    asked = github.issued.length;
  }
});

test('although GitHub refuses some of its requests', async () => {
  github.refusals.push(503, 503);
  const { token, slept } = job();
  expect(decodeJwt(await token())).toMatchObject({ tid: cloud.running.world.tenantId });
  expect(slept).toEqual([1000, 2000]);
});

describe('where the Azure CLI is signed in as somebody else', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'crctl-az-'));
    const answer = { accessToken: 'of-somebody-else', expires_on: Math.floor(Date.now() / 1000) + 3600 };
    writeFileSync(join(folder, 'az'), `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`);
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const notSignedIn = { code: 4, details: expect.arrayContaining([expect.stringContaining('AZURE_CLIENT_ID names')]) };

  test('a job that names no application is that', async () => {
    expect(await job({ AZURE_CLIENT_ID: '' }).token()).toBe('of-somebody-else');
  });

  test('a job whose application cannot sign in is nobody', async () => {
    await expect(job({ CRCTL_OIDC_AUDIENCE: 'api://other' }).token()).rejects.toMatchObject(notSignedIn);
    github.refusals.push(403, 403, 403, 403, 403);
    await expect(job().token()).rejects.toMatchObject(notSignedIn);
  });

  test('so is a workload', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, await github.token({ aud: 'api://other' }));
    // The library reads the environment of the process.
    vi.stubEnv('AZURE_FEDERATED_TOKEN_FILE', file);
    vi.stubEnv('AZURE_CLIENT_ID', cloud.running.world.identities.operator.clientId);
    vi.stubEnv('AZURE_TENANT_ID', cloud.running.world.tenantId);
    const { token } = job({ AZURE_FEDERATED_TOKEN_FILE: file, ACTIONS_ID_TOKEN_REQUEST_URL: '' });
    await expect(token()).rejects.toMatchObject(notSignedIn);
  });
});

test('or says why it cannot, and shows no secret', async () => {
  vi.stubEnv('PATH', '');
  github.refusals.push(403, 403, 403, 403, 403);
  const refused = await job()
    .token()
    .catch((error: unknown) => error);
  const other = await job({ CRCTL_OIDC_AUDIENCE: 'api://other' })
    .token()
    .catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 4, details: expect.arrayContaining([expect.stringContaining('(403)')]) });
  expect(other).toMatchObject({ code: 4, details: expect.arrayContaining([expect.stringContaining('AADSTS700212')]) });
  for (const secret of [github.requestToken, ...github.issued])
    expect(JSON.stringify([refused, other])).not.toContain(secret);
});
