import { dockerConfig } from '@connected-registry/protocol/names/dockerConfig';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { formatTags, type CredentialTags } from '@connected-registry/protocol/names/secretTags';
import { CONNECTED_REGISTRY, EDGE_HOST, REGISTRY } from '../answers/requests.js';
import type { World } from '../worlds/world.js';

const DAY = 86_400_000;

export interface Member {
  readonly client: string;
  /** When its credential was made. */
  readonly issuedAt: Date;
  readonly lifetimeDays?: number;
  readonly connectedRegistry?: string;
  readonly revokeOld?: CredentialTags['revokeOld'];
}

/** A client as its onboarding left it: a main secret, and a token with that one password. */
export async function addMember(world: World, member: Member): Promise<CredentialTags> {
  const { client, issuedAt, lifetimeDays = 90, connectedRegistry = CONNECTED_REGISTRY, revokeOld } = member;
  const reference = { registry: REGISTRY, connectedRegistry, client };
  const token = `token-${client}`;
  const expiresOn = new Date(issuedAt.getTime() + lifetimeDays * DAY).toISOString();
  const tags: CredentialTags = {
    ...reference,
    token,
    scopeMap: 'a-map',
    slot: 'password1',
    expiresOn,
    issued: { run: 'run', attempt: 1, slotCreatedAt: issuedAt.toISOString() },
    made: { scopeMap: true, token: true },
    ...(revokeOld ? { revokeOld } : {}),
  };
  const value = dockerConfig(EDGE_HOST, token, `pass-${client}`);
  await world.vault.store(mainSecretName(reference), value, { expiresOn, tags: formatTags(tags) });
  const old = revokeOld ? { [revokeOld.slot]: { value: `old-${client}`, createdAt: revokeOld.createdAt } } : {};
  world.controlPlane.tokens.set(token, {
    scopeMap: 'a-map',
    isEnabled: true,
    createdAt: issuedAt.toISOString(),
    slots: { ...old, password1: { value: `pass-${client}`, createdAt: issuedAt.toISOString(), expiresAt: expiresOn } },
  });
  return tags;
}
