import type { ConnectedRegistry, ScopeMap, Token } from '@azure/arm-containerregistry';
import {
  ACTIVATION_STATUSES,
  CONNECTION_STATES,
  memberOf,
  PROVISIONING_STATES,
  TOKEN_STATUSES,
} from '@connected-registry/protocol/registry/armEnumerations';
import { SLOT_NAMES, type FilledSlot, type SlotName } from '@connected-registry/protocol/registry/slots';
import type { ConnectedRegistryFacts, ScopeMapFacts, TokenFacts } from '../../ports/registryControlPlane.js';
import { UnreadableAnswer } from '../calls/serviceErrors.js';

/** Gives the last part of a resource id, which is the resource's name. */
function nameIn(id: string | undefined): string {
  return id?.split('/').at(-1) ?? '';
}

/** False for the registry in the cloud as parent: the parent's id is then absent, or that registry's own. */
function isConnectedRegistryId(id: string | undefined): boolean {
  return /\/connectedRegistries\/[^/]+$/i.test(id ?? '');
}

/** Whether a text is the wanted member of an enumeration; undefined for an unknown text. */
function isMember<const T extends string>(members: readonly T[], text: string | undefined, wanted: T) {
  const member = memberOf(members, text);
  return member && member === wanted;
}

/** @throws UnreadableAnswer for an answer without a required property: a made-up value would be taken for a fact. */
function lacks(): never {
  throw new UnreadableAnswer();
}

/** Maps a connected registry; resource ids become names. */
export function toConnectedRegistry(item: ConnectedRegistry): ConnectedRegistryFacts {
  const sync = item.parent?.syncProperties;
  const connectionState = memberOf(CONNECTION_STATES, item.connectionState);
  return {
    name: item.name ?? nameIn(item.id),
    mode: item.mode ?? '',
    isActive: isMember(ACTIVATION_STATUSES, item.activation?.status, 'Active'),
    ...(connectionState === undefined ? {} : { connectionState }),
    // ARM omits an empty list, as recorded.
    clientTokens: (item.clientTokenIds ?? []).map(nameIn),
    ...(item.systemData?.createdAt ? { createdAt: item.systemData.createdAt.toISOString() } : {}),
    ...(item.loginServer?.host ? { loginServer: item.loginServer.host } : {}),
    ...(isConnectedRegistryId(item.parent?.id) ? { parent: nameIn(item.parent?.id) } : {}),
    ...(sync?.tokenId ? { syncToken: nameIn(sync.tokenId) } : {}),
    // An empty schedule is unreadable. It does not mean continuous sync, as an absent one does.
    ...(typeof sync?.schedule === 'string' ? { schedule: sync.schedule } : {}),
    ...(sync?.syncWindow ? { syncWindow: sync.syncWindow } : {}),
    ...(sync?.messageTtl ? { messageTtl: sync.messageTtl } : {}),
    ...(sync?.lastSyncTime ? { lastSyncTime: sync.lastSyncTime.toISOString() } : {}),
  };
}

/** Maps a scope map. */
export function toScopeMap(item: ScopeMap): ScopeMapFacts {
  return {
    name: item.name ?? nameIn(item.id),
    actions: item.actions ?? lacks(),
    description: item.description ?? '',
    ...(item.creationDate ? { createdAt: item.creationDate.toISOString() } : {}),
  };
}

/** Maps a token. Its slots have no values: ARM never returns them again. */
export function toToken(item: Token): TokenFacts {
  const slots: Partial<Record<SlotName, FilledSlot>> = {};
  // ARM omits the list for a token without passwords, as recorded.
  for (const password of item.credentials?.passwords ?? []) {
    const slot = memberOf(SLOT_NAMES, password.name);
    if (!slot) continue;
    slots[slot] = {
      createdAt: (password.creationTime ?? lacks()).toISOString(),
      ...(password.expiry ? { expiresAt: password.expiry.toISOString() } : {}),
    };
  }
  return {
    name: item.name ?? nameIn(item.id),
    scopeMap: nameIn(item.scopeMapId),
    isEnabled: isMember(TOKEN_STATUSES, item.status, 'enabled'),
    slots,
    ...(isMember(PROVISIONING_STATES, item.provisioningState, 'Creating') ? { isBeingCreated: true } : {}),
    ...(item.creationDate ? { createdAt: item.creationDate.toISOString() } : {}),
  };
}
