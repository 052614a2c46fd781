import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startControlPlane } from '@connected-registry/azure-simulator/controlPlane';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';
import {
  buildFleet,
  identityNames,
  identitySettings,
  makeIdentities,
  registryIds,
  sitesOf,
} from '../../../src/bench/fleet/fleetWorld.js';
import { httpsJson } from '../../../src/stack/httpsJson.js';
import { Operator } from '../../../src/stack/operator/operator.js';
import type { ControlPlane } from '../../../src/stack/stack.js';

const SIZE = { clients: 3, connectedRegistries: 3, registries: 2 };
const folder = mkdtempSync(join(tmpdir(), 'fleet-world-'));
let plane: Awaited<ReturnType<typeof startControlPlane>>;
let controlPlane: ControlPlane;

beforeAll(async () => {
  const tls = await ensureCertificates(join(folder, 'tls'));
  plane = await startControlPlane({ port: 0, directory: join(folder, 'azure'), tls, settings: { throttling: 0 } });
  const https = httpsJson(readFileSync(tls.caFile, 'utf8'));
  const { url, world } = plane;
  controlPlane = { url, world, https, operator: new Operator(url, world, https) };
});
afterAll(async () => {
  await plane.close();
  rmSync(folder, { recursive: true, force: true });
});

test('connected registries are spread over the registries, active, and every identity may read them', async () => {
  const { world, operator, url } = controlPlane;
  const identities = await makeIdentities(controlPlane, 2);
  await buildFleet(
    controlPlane,
    SIZE,
    identities.map(({ objectId }) => objectId),
  );

  const ids = registryIds(world, SIZE);
  const sites = sitesOf(world, SIZE).map(({ registry, connectedRegistry }) => `${registry}/${connectedRegistry}`);
  expect(sites).toEqual([`${world.registry}/fleetsite1`, 'fleetregistry2/fleetsite2', `${world.registry}/fleetsite3`]);
  for (const [n, path] of [
    `${ids[0]}/connectedRegistries/fleetsite1`,
    `${ids[1]}/connectedRegistries/fleetsite2`,
  ].entries())
    expect([n, await operator.arm('GET', path, '2025-11-01')]).toMatchObject([
      n,
      { properties: { activation: { status: 'Active' } } },
    ]);
  expect(identityNames(2)).toEqual(['app', 'app-2']);
  expect(identitySettings(url, identities.slice(0, 1))).toEqual({});
  expect(identitySettings(url, identities)).toMatchObject({
    CREDENTIAL_KIND: 'managedIdentity',
    ARM_IDENTITIES: identities[1]?.clientId,
  });
  for (const identity of identities) {
    const app = new Operator(
      url,
      { ...world, identities: { ...world.identities, operator: identity } },
      controlPlane.https,
    );
    for (const id of ids) expect(await app.arm('GET', id, '2025-11-01')).toMatchObject({ type: expect.any(String) });
  }
});
