import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startClockServer, type ClockServer } from '../src/server.js';
import { TimelineClock } from '../src/timelineClock.js';
import { httpsJson, type HttpsJson } from '@connected-registry/local-stack/stack/httpsJson';
import { compiled } from '../src/files/projectRoot.js';
import { readWorld, type World } from '@connected-registry/local-stack/stack/world';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';

const year = 365 * 24 * 3600 * 1000;

let clock: ClockServer;
let folder: string;
let child: ChildProcess;
let base = '';
let https: HttpsJson;
let world: World;

beforeAll(async () => {
  clock = await startClockServer(new TimelineClock());
  folder = await mkdtemp(path.join(tmpdir(), 'clock-years-'));
  const tls = path.join(folder, 'tls');
  const { caFile } = await ensureCertificates(tls);
  https = httpsJson(await readFile(caFile, 'utf8'));
  child = spawn(
    process.execPath,
    ['--import', pathToFileURL(compiled('clock/preload.js')).href, compiled('azure-simulator/main.js')].concat(
      ['--port', '0', '--data', folder],
      ['--edge-host', 'localhost:8000', '--tls-dir', tls],
    ),
    { env: { PATH: process.env['PATH'], LOCAL_CLOCK_URL: clock.url }, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  if (child.stdout === null) throw new Error('The standard output of the child is not piped.');
  for await (const line of createInterface({ input: child.stdout })) {
    base = /^AZURE READY (\S+)$/.exec(line)?.[1] ?? '';
    if (base !== '') break;
  }
  world = readWorld(folder);
});

afterAll(async () => {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  await clock.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function token(): Promise<{ text: string; exp: number }> {
  const { clientId, clientSecret } = world.identities.operator;
  const answer = await https(`${base}/${world.tenantId}/oauth2/v2.0/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: `${base}/.default`,
    }).toString(),
  });
  const { access_token } = z.object({ access_token: z.string() }).parse(answer.body);
  const claims = JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number };
  return { text: access_token, exp: claims.exp * 1000 };
}

async function registryStatus(bearer: string): Promise<number> {
  const { subscriptionId, resourceGroup, registry } = world;
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${registry}`;
  const answer = await https(`${base}${id}?api-version=2025-11-01`, { headers: { authorization: `Bearer ${bearer}` } });
  return answer.status;
}

test('after a jump of five years the certificate is valid, old tokens have expired and new ones work', async () => {
  const before = await token();

  expect(await registryStatus(before.text)).toBe(200);

  const to = Date.now() + 5 * year;
  const jump = await fetch(`${clock.url}/jump`, {
    method: 'POST',
    body: JSON.stringify({ to: new Date(to).toISOString() }),
  });

  expect({ status: jump.status, text: await jump.text() }).toMatchObject({ status: 200 });

  expect(await registryStatus(before.text)).toBe(401);

  const after = await token();
  expect(after.exp).toBeGreaterThan(to);
  expect(await registryStatus(after.text)).toBe(200);
});
