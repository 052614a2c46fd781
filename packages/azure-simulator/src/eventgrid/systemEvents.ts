import { randomUUID } from 'node:crypto';
import type { Principal } from '../access/identities.js';
import { vaultId } from '../arm/ids.js';
import type { Plane } from '../plane.js';
import type { SecretVersion } from '../keyvault/vaultState.js';
import type { GridEvent } from './events.js';

/** Seconds before its expiry that a secret's near-expiry event comes (Azure docs: event-grid event-schema-key-vault). */
export const NEAR_EXPIRY = 30 * 86_400;

/** Names that Key Vault's events have in common. */
export type SecretEventType =
  | 'Microsoft.KeyVault.SecretNewVersionCreated'
  | 'Microsoft.KeyVault.SecretNearExpiry'
  | 'Microsoft.KeyVault.SecretExpired';

/** Tells the vault's subscribers of a secret. The event names the version, and holds no value. */
export function emitSecretEvent(plane: Plane, eventType: SecretEventType, name: string, version: SecretVersion): void {
  const event: GridEvent = {
    id: randomUUID(),
    subject: name,
    eventType,
    eventTime: plane.clock.now().toISOString(),
    dataVersion: '1',
    data: {
      Id: `${plane.baseUrl}/secrets/${name}/${version.version}`,
      VaultName: plane.arm.vaultName,
      ObjectType: 'Secret',
      ObjectName: name,
      Version: version.version,
      NBF: version.notBefore ?? null,
      EXP: version.expires ?? null,
    },
  };
  plane.broker.publish([vaultId(plane.arm)], [{ schema: 'EventGridSchema', event }]);
}

/**
 * Tells who subscribes to the resource group or the subscription of a write, delete or action (Azure docs: event-grid
 * event-schema-subscriptions). `claims` has the caller, so that an app can tell its own writes from others'.
 */
export function emitResourceEvent(
  plane: Plane,
  write: { kind: 'Write' | 'Delete' | 'Action'; method: string; path: string; operation: string; principal: Principal },
): void {
  const group = /^(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+)\/providers\/([^/]+)/i.exec(write.path);
  const [, groupId, provider] = group ?? [];
  if (groupId === undefined) return;
  const { subscriptionId, tenantId } = plane.arm;
  const sources = [groupId, `/subscriptions/${subscriptionId}`];
  if (sources.every((source) => plane.broker.subscribers(source).length === 0)) return;
  const event: GridEvent = {
    id: randomUUID(),
    subject: write.path,
    eventType: `Microsoft.Resources.Resource${write.kind}Success`,
    eventTime: plane.clock.now().toISOString(),
    dataVersion: '2',
    data: {
      authorization: { scope: write.path, action: write.operation, evidence: { role: 'Contributor' } },
      claims: { appid: write.principal.clientId, oid: write.principal.objectId, tid: tenantId },
      correlationId: randomUUID(),
      httpRequest: { method: write.method, url: `${plane.baseUrl}${write.path}` },
      resourceProvider: provider,
      resourceUri: write.path,
      operationName: write.operation,
      status: 'Succeeded',
      subscriptionId,
      tenantId,
    },
  };
  plane.broker.publish(sources, [{ schema: 'EventGridSchema', event }]);
}
