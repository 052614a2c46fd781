import { z } from 'zod';

/**
 * Types of the events before and after a secret's newest version expires. Source: Azure docs,
 * event-grid/event-schema-key-vault.
 */
export const SECRET_NEAR_EXPIRY = 'Microsoft.KeyVault.SecretNearExpiry';
export const SECRET_EXPIRED = 'Microsoft.KeyVault.SecretExpired';

/** Only `Id` is read: Microsoft's published samples spell the other fields differently. */
export const secretEventData = z.looseObject({ Id: z.url({ protocol: /^https$/, error: 'is not an https URL' }) });

interface SecretVersionId {
  /** Host in lower case, with the port unless it is 443. */
  readonly vault: string;
  readonly name: string;
  readonly version: string;
}

/** Parses `https://{vault}/secrets/{name}/{version}`. */
export function parseSecretId(id: string): SecretVersionId | undefined {
  const { host, pathname } = new URL(id);
  const [, name, version] = /^\/secrets\/([A-Za-z0-9-]{1,127})\/([A-Za-z0-9]{1,64})$/.exec(pathname) ?? [];
  return name && version ? { vault: host.toLowerCase(), name, version } : undefined;
}

/** Whether a name has the form of the app's main secrets: a client's key (packages/protocol/src/names/clientKey.ts). */
export function isMainSecretName(name: string): boolean {
  return /^[a-z0-9]+(?:-[a-z0-9]+)*-[0-9a-f]{16}$/.test(name) && name.length <= 95;
}
