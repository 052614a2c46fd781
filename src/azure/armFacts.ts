import type { ConnectedRegistry, ScopeMap, Token } from '@azure/arm-containerregistry';
import { SLOT_NAMES, type FilledSlot, type SlotName } from '../domain/slots.js';
import type { ConnectedRegistryFacts, ScopeMapFacts, TokenFacts } from '../ports/registryControlPlane.js';

/** The last part of a resource id, which is the resource's name. */
function nameIn(id: string | undefined): string {
  return id?.split('/').at(-1) ?? '';
}

/** A parent that is the registry in the cloud has no id, or that registry's own. */
function isConnectedRegistryId(id: string | undefined): boolean {
  return /\/connectedRegistries\/[^/]+$/i.test(id ?? '');
}

/** A connected registry; ids of tokens become names. */
export function toConnectedRegistry(item: ConnectedRegistry): ConnectedRegistryFacts {
  const sync = item.parent?.syncProperties;
  return {
    name: item.name ?? nameIn(item.id),
    mode: item.mode ?? '',
    isActive: item.activation?.status === 'Active',
    clientTokens: (item.clientTokenIds ?? []).map(nameIn),
    ...(item.systemData?.createdAt ? { createdAt: item.systemData.createdAt.toISOString() } : {}),
    ...(item.connectionState ? { connectionState: item.connectionState } : {}),
    ...(item.loginServer?.host ? { loginServer: item.loginServer.host } : {}),
    ...(isConnectedRegistryId(item.parent?.id) ? { parent: nameIn(item.parent?.id) } : {}),
    ...(sync?.tokenId ? { syncToken: nameIn(sync.tokenId) } : {}),
    ...(sync?.schedule ? { schedule: sync.schedule } : {}),
    ...(sync?.syncWindow ? { syncWindow: sync.syncWindow } : {}),
    ...(sync?.messageTtl ? { messageTtl: sync.messageTtl } : {}),
    ...(sync?.lastSyncTime ? { lastSyncTime: sync.lastSyncTime.toISOString() } : {}),
  };
}

export function toScopeMap(item: ScopeMap): ScopeMapFacts {
  return {
    name: item.name ?? nameIn(item.id),
    actions: item.actions ?? [],
    description: item.description ?? '',
    ...(item.creationDate ? { createdAt: item.creationDate.toISOString() } : {}),
  };
}

/** A token; its slots without their values, which ARM does not give again. */
export function toToken(item: Token): TokenFacts {
  const slots: Partial<Record<SlotName, FilledSlot>> = {};
  for (const password of item.credentials?.passwords ?? []) {
    const slot = SLOT_NAMES.find((name) => name === password.name);
    if (!slot) continue;
    slots[slot] = {
      createdAt: (password.creationTime ?? new Date(0)).toISOString(),
      ...(password.expiry ? { expiresAt: password.expiry.toISOString() } : {}),
    };
  }
  return {
    name: item.name ?? nameIn(item.id),
    scopeMap: nameIn(item.scopeMapId),
    isEnabled: item.status !== 'disabled',
    slots,
    ...(item.creationDate ? { createdAt: item.creationDate.toISOString() } : {}),
  };
}
