import { z } from 'zod';

/** A secret's newest version is about to end, or has. Source: Azure docs, event-grid/event-schema-key-vault. */
export const SECRET_NEAR_EXPIRY = 'Microsoft.KeyVault.SecretNearExpiry';
export const SECRET_EXPIRED = 'Microsoft.KeyVault.SecretExpired';

/** Only the id is taken: the published samples disagree on how the other names are written. */
export const secretEventData = z.looseObject({ Id: z.url({ protocol: /^https$/, error: 'is not an https URL' }) });

export interface SecretVersionId {
  /** host, with a port that is not 443. */
  readonly vault: string;
  readonly name: string;
  readonly version: string;
}

/** Reads `https://{vault}/secrets/{name}/{version}`. */
export function parseSecretId(id: string): SecretVersionId | undefined {
  const { host, pathname } = new URL(id);
  const [, name, version] = /^\/secrets\/([A-Za-z0-9-]{1,127})\/([A-Za-z0-9]{1,64})$/.exec(pathname) ?? [];
  return name && version ? { vault: host.toLowerCase(), name, version } : undefined;
}

/** Whether a secret's name is one that the app gives its main secrets: a client's key (packages/protocol/src/names/clientKey.ts). */
export function isMainSecretName(name: string): boolean {
  return /^[a-z0-9]+(?:-[a-z0-9]+)*-[0-9a-f]{16}$/.test(name) && name.length <= 95;
}
