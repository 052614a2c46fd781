import {
  candidateSecretName,
  defaultTokenName,
  mainSecretName,
  SCOPE_MAP_MARK,
} from '@connected-registry/protocol/names/names';
import { rightsHash } from '@connected-registry/protocol/names/permissions';
import { formatTags } from '@connected-registry/protocol/names/secretTags';
import { CONNECTED_REGISTRY, EDGE_HOST, REGISTRY } from '../answers/requests.js';
import type { World } from '../worlds/world.js';

export const FLEET_MAP = 'onb-hello-world-fleet';
const ACTIONS = ['repositories/hello-world/content/read'];
const DAY = 86_400_000;

/** When the fleet was onboarded; its credentials last 90 days. */
export const ONBOARDED = new Date('2026-03-01T12:00:00.000Z');

export const nameOf = (nth: number) => `device-${String(nth).padStart(5, '0')}`;
export const referenceOf = (nth: number, connectedRegistry = CONNECTED_REGISTRY) => ({
  registry: REGISTRY,
  connectedRegistry,
  client: nameOf(nth),
});

/**
 * Clients as onboardings leave them: token, binding, main secret, and the disabled candidate; one scope map for all.
 */
export async function addFleet(world: World, count: number, perConnectedRegistry = count): Promise<void> {
  const { controlPlane, vault } = world;
  const at = ONBOARDED.toISOString();
  const expiresOn = new Date(ONBOARDED.getTime() + 90 * DAY).toISOString();
  controlPlane.scopeMaps.set(FLEET_MAP, {
    name: FLEET_MAP,
    actions: ACTIONS,
    description: SCOPE_MAP_MARK,
    createdAt: at,
  });
  const pattern = controlPlane.connectedRegistries.get(CONNECTED_REGISTRY);
  for (let nth = 0; nth < count; nth += 1) {
    const group = Math.floor(nth / perConnectedRegistry);
    const name = group === 0 ? CONNECTED_REGISTRY : `edge${String(group).padStart(4, '0')}`;
    const reference = referenceOf(nth, name);
    const token = defaultTokenName(reference);
    if (pattern && !controlPlane.connectedRegistries.has(name))
      controlPlane.connectedRegistries.set(name, { ...pattern, name, syncToken: name, clientTokens: [] });
    controlPlane.change(name, { clientTokens: [...controlPlane.clientsOf(name), token] });
    controlPlane.tokens.set(token, {
      scopeMap: FLEET_MAP,
      isEnabled: true,
      createdAt: at,
      slots: {
        password1: { value: `p${nth}`, createdAt: at, expiresAt: new Date(Date.parse(expiresOn) + DAY).toISOString() },
      },
    });
    const tags = formatTags({
      ...reference,
      token,
      scopeMap: FLEET_MAP,
      slot: 'password1',
      expiresOn,
      issued: { run: 'run', attempt: 1, slotCreatedAt: at, endpoint: EDGE_HOST },
      made: { scopeMap: false, token: true, rights: rightsHash(ACTIONS) },
      pull: { image: 'hello-world:latest', digest: 'sha256:00', bytes: 1, milliseconds: 1, verifiedAt: at },
    });
    const value = `{"auths":{"${EDGE_HOST}":{"auth":"eDp5"}}}`;
    const candidate = await vault.store(candidateSecretName(reference), value, { expiresOn, tags });
    await vault.disable(candidate);
    await vault.store(mainSecretName(reference), value, { expiresOn, tags });
  }
}
