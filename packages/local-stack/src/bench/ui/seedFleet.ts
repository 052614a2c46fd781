import { z } from 'zod';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import {
  candidateSecretName,
  defaultTokenName,
  mainSecretName,
  SCOPE_MAP_MARK,
} from '@connected-registry/protocol/names/names';
import { rightsHash } from '@connected-registry/protocol/names/permissions';
import { formatTags } from '@connected-registry/protocol/names/secretTags';
import type { ControlPlane } from '../../stack/stack.js';
import { registryId } from '../../stack/world.js';
import { atOnce } from '../fleet/atOnce.js';
import { sitesOf, type Site } from '../fleet/fleetWorld.js';
import type { FleetSize } from '../fleet/floor.js';

const CONTAINER_REGISTRY = '2025-11-01';
const SCOPE_MAP = 'onb-fleet';
const ACTIONS = ['repositories/hello-world/content/read', 'repositories/hello-world/metadata/read'];
const DAY = 86_400_000;
/** Days of the credentials' lives: they are spread, so that some expire soon. */
const LIFETIMES = { shortest: 5, longest: 90 };
const AT_ONCE = 16;

const generated = z.object({
  passwords: z.array(z.object({ name: z.string(), value: z.string(), creationTime: z.string() })).min(1),
});

/**
 * Makes clients as onboardings leave them, by the services' own APIs and without the app: token, password, binding,
 * main secret and disabled candidate.
 *
 * @param endpoint host:port of the secrets
 */
export async function seedFleet(controlPlane: ControlPlane, size: FleetSize, endpoint: string): Promise<void> {
  const { operator, world } = controlPlane;
  const sites = sitesOf(world, size);
  for (const registry of new Set(sites.map((site) => site.registry)))
    await operator.arm('PUT', `${registryId({ ...world, registry })}/scopeMaps/${SCOPE_MAP}`, CONTAINER_REGISTRY, {
      properties: { actions: ACTIONS, description: SCOPE_MAP_MARK },
    });
  const clients = seededClients(sites, size);
  await atOnce(AT_ONCE, clients.entries(), async ([nth, client]) => onboarded(controlPlane, client, nth, endpoint));
  await atOnce(AT_ONCE, sites, async ({ registry, connectedRegistry }) => {
    const id = registryId({ ...world, registry });
    const clientTokenIds = clients
      .filter((client) => client.registry === registry && client.connectedRegistry === connectedRegistry)
      .map((client) => `${id}/tokens/${defaultTokenName(client)}`);
    await operator.arm('PATCH', `${id}/connectedRegistries/${connectedRegistry}`, CONTAINER_REGISTRY, {
      properties: { clientTokenIds },
    });
  });
}

/** The clients that are seeded, which go round the connected registries. */
export function seededClients(sites: readonly Site[], { clients }: Pick<FleetSize, 'clients'>): ClientReference[] {
  return Array.from({ length: clients }, (_, nth) => clientOf(nth, sites));
}

function clientOf(nth: number, sites: readonly Site[]): ClientReference {
  const site = sites[nth % sites.length];
  if (site === undefined) throw new Error('The fleet has no connected registries.');
  return { ...site, client: `device-${String(nth + 1).padStart(5, '0')}` };
}

async function onboarded(
  { operator, world }: ControlPlane,
  client: ClientReference,
  nth: number,
  endpoint: string,
): Promise<void> {
  const id = registryId({ ...world, registry: client.registry });
  const token = defaultTokenName(client);
  const days = LIFETIMES.shortest + (nth % (LIFETIMES.longest - LIFETIMES.shortest + 1));
  const expiresOn = new Date(Date.now() + days * DAY).toISOString();
  await operator.arm('PUT', `${id}/tokens/${token}`, CONTAINER_REGISTRY, {
    properties: { scopeMapId: `${id}/scopeMaps/${SCOPE_MAP}`, status: 'enabled' },
  });
  const answer = await operator.arm('POST', `${id}/generateCredentials`, CONTAINER_REGISTRY, {
    tokenId: `${id}/tokens/${token}`,
    name: 'password1',
    expiry: new Date(Date.parse(expiresOn) + DAY).toISOString(),
  });
  const password = generated.parse(answer).passwords.find(({ name }) => name === 'password1');
  if (password === undefined) throw new Error(`generateCredentials returned no password1 for ${token}.`);
  const slotCreatedAt = new Date(password.creationTime).toISOString();
  const tags = formatTags({
    ...client,
    token,
    scopeMap: SCOPE_MAP,
    slot: 'password1',
    expiresOn,
    issued: { run: 'seeded', attempt: 1, slotCreatedAt, endpoint },
    made: { scopeMap: false, token: true, rights: rightsHash(ACTIONS) },
  });
  const auth = Buffer.from(`${token}:${password.value}`).toString('base64');
  const value = JSON.stringify({ auths: { [endpoint]: { auth } } });
  await operator.storeSecret(candidateSecretName(client), { value, tags, expiresOn, isEnabled: false });
  await operator.storeSecret(mainSecretName(client), { value, tags, expiresOn, isEnabled: true });
}
