import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ONBOARDING_ROLE, ROLES } from '@connected-registry/azure-simulator/access/roles';
import type { ControlPlane } from '../../stack/stack.js';
import { registryId, type World } from '../../stack/world.js';
import { atOnce } from './atOnce.js';
import type { FleetSize } from './floor.js';

const CONTAINER_REGISTRY = '2025-11-01';
const ROLE_ASSIGNMENTS = '2022-04-01';
const LOCATION = 'westeurope';
const REPOSITORY = ['content/read', 'metadata/read'].map((action) => `repositories/hello-world/${action}`);
const GATEWAY = ['config/read', 'config/write', 'message/read', 'message/write'];
const CONNECTED_AT_ONCE = 8;

const created = z.object({ objectId: z.string(), clientId: z.string(), clientSecret: z.string() });
const generated = z.object({ passwords: z.array(z.object({ value: z.string() })).min(1) });

/** A connected registry of the fleet. */
export interface Site {
  readonly registry: string;
  readonly connectedRegistry: string;
}

/** Names of the fleet's container registries; the first one is seeded. */
function registryNames(world: World, { registries }: FleetSize): string[] {
  return Array.from({ length: registries }, (_, n) => (n === 0 ? world.registry : `fleetregistry${n + 1}`));
}

/** ARM ids of the fleet's container registries. */
export function registryIds(world: World, size: FleetSize): string[] {
  return registryNames(world, size).map((registry) => registryId({ ...world, registry }));
}

/** The fleet's connected registries, spread evenly over the container registries. */
export function sitesOf(world: World, size: FleetSize): Site[] {
  const names = registryNames(world, size);
  return Array.from({ length: size.connectedRegistries }, (_, n) => ({
    registry: names[n % names.length] ?? world.registry,
    connectedRegistry: `fleetsite${n + 1}`,
  }));
}

/**
 * Creates the container registries and connected registries over ARM, as an operator does. Each connected registry
 * syncs once, which activates it.
 *
 * @param principals object ids of the app's identities, which get the app's role on each registry
 */
export async function buildFleet(
  { url, world, operator, https }: ControlPlane,
  size: FleetSize,
  principals: readonly string[],
): Promise<void> {
  const names = registryNames(world, size);
  for (const name of names.slice(1))
    await operator.arm('PUT', registryId({ ...world, registry: name }), CONTAINER_REGISTRY, {
      location: LOCATION,
      sku: { name: 'Premium' },
      properties: { dataEndpointEnabled: true },
    });
  for (const registry of names)
    for (const principalId of principals)
      if (registry !== world.registry || principalId !== world.identities.app.objectId)
        await assignRole(registryId({ ...world, registry }), principalId);
  await atOnce(CONNECTED_AT_ONCE, sitesOf(world, size), connect);

  async function assignRole(scope: string, principalId: string): Promise<void> {
    const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/${ROLES[ONBOARDING_ROLE]?.id ?? ''}`;
    const path = `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`;
    await operator.arm('PUT', path, ROLE_ASSIGNMENTS, {
      properties: { roleDefinitionId, principalId, principalType: 'ServicePrincipal' },
    });
  }

  async function connect({ registry, connectedRegistry: name }: Site): Promise<void> {
    const id = registryId({ ...world, registry });
    const put = (path: string, properties: unknown): Promise<unknown> =>
      operator.arm('PUT', `${id}/${path}`, CONTAINER_REGISTRY, { properties });
    const actions = [...REPOSITORY, ...GATEWAY.map((action) => `gateway/${name}/${action}`)];
    const tokenId = `${id}/tokens/${name}`;
    await put(`scopeMaps/${name}`, { actions });
    await put(`tokens/${name}`, { scopeMapId: `${id}/scopeMaps/${name}`, status: 'enabled' });
    const syncProperties = { tokenId, messageTtl: 'P2D', schedule: '* * * * *' };
    await put(`connectedRegistries/${name}`, { mode: 'ReadOnly', parent: { syncProperties } });
    const answer = await operator.arm('POST', `${id}/generateCredentials`, CONTAINER_REGISTRY, {
      tokenId,
      name: 'password1',
    });
    const [password] = generated.parse(answer).passwords;
    const synced = await https(`${url}/gateway/${registry}/${name}/sync`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${name}:${password?.value ?? ''}`).toString('base64')}` },
      body: {},
    });
    if (synced.status !== 200) throw new Error(`${name} did not sync: ${JSON.stringify(synced.body)}`);
  }
}

/** A service principal of the app. */
export interface AppIdentity {
  readonly objectId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Names of the app's identities in the control plane's counters. */
export function identityNames(count: number): string[] {
  return Array.from({ length: count }, (_, n) => (n === 0 ? 'app' : `app-${n + 1}`));
}

/**
 * Settings of an app with several identities. It gets the tokens of all as managed identities, from the endpoint that
 * App Service gives to an app.
 */
export function identitySettings(url: string, [own, ...further]: readonly AppIdentity[]): Record<string, string> {
  if (own === undefined || further.length === 0) return {};
  return {
    CREDENTIAL_KIND: 'managedIdentity',
    IDENTITY_ENDPOINT: `${url}/msi/token`,
    IDENTITY_HEADER: own.clientSecret,
    ARM_IDENTITIES: further.map(({ clientId }) => clientId).join(','),
  };
}

/** The app's identities: the seeded one, and new ones that have no right yet. */
export async function makeIdentities({ url, world, https }: ControlPlane, count: number): Promise<AppIdentity[]> {
  const identities: AppIdentity[] = [world.identities.app];
  for (const name of identityNames(count).slice(1)) {
    const { body } = await https(`${url}/_control/identities`, { method: 'POST', body: { name } });
    identities.push(created.parse(body));
  }
  return identities;
}
