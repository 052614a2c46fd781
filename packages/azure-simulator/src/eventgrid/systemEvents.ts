import { randomUUID } from 'node:crypto';
import type { Principal } from '../access/identities.js';
import { vaultId } from '../arm/ids.js';
import type { Plane } from '../plane.js';
import type { SecretVersion } from '../keyvault/vaultState.js';
import type { GridEvent } from './events.js';

/**
 * Seconds before the expiry of a secret when its near-expiry event is published (Azure docs: event-grid
 * event-schema-key-vault).
 */
export const NEAR_EXPIRY = 30 * 86_400;

/** Types of Key Vault's events for secrets. */
export type SecretEventType =
  | 'Microsoft.KeyVault.SecretNewVersionCreated'
  | 'Microsoft.KeyVault.SecretNearExpiry'
  | 'Microsoft.KeyVault.SecretExpired';

/** Publishes an event about a secret. It names the version and contains no value. */
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
 * Publishes an event about a write, delete or action to subscribers of the resource group or the subscription (Azure
 * docs: event-grid event-schema-subscriptions). `claims` names the caller, so that an app can recognize its own writes.
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
