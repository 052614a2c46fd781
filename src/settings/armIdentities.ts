import { z } from 'zod';
import { GUID, list } from './settingKinds.js';

/**
 * Maximum identities beside the app's own: a subscription accepts at most 15 times as much from all principals as from
 * one. Source: Azure docs, azure-resource-manager/management/request-limits-and-throttling.
 */
const MAX_FURTHER = 14;

/** Client ids in lower case. */
export const armIdentities = z
  .string()
  .default('')
  .transform((text) => list(text).map((item) => item.toLowerCase()))
  .refine(
    (items) =>
      items.every((item) => GUID.test(item)) && items.length <= MAX_FURTHER && new Set(items).size === items.length,
    `must list at most ${MAX_FURTHER} different client ids of user-assigned identities, separated by commas`,
  );

interface IdentitySettings {
  readonly ARM_IDENTITIES: readonly string[];
  readonly AZURE_CLIENT_ID?: string | undefined;
  readonly CREDENTIAL_KIND: string;
}

/** Identities without a secret are managed ones; the app's own would be counted twice. */
export function identityDisagreements({
  ARM_IDENTITIES,
  AZURE_CLIENT_ID,
  CREDENTIAL_KIND,
}: IdentitySettings): string[] {
  if (ARM_IDENTITIES.length === 0) return [];
  if (CREDENTIAL_KIND !== 'managedIdentity')
    return ['setting ARM_IDENTITIES must be empty unless CREDENTIAL_KIND is managedIdentity'];
  return ARM_IDENTITIES.includes(AZURE_CLIENT_ID?.toLowerCase() ?? '')
    ? ["setting ARM_IDENTITIES must not contain AZURE_CLIENT_ID, which is the app's first identity"]
    : [];
}

/** The identity of an app whose settings name no client id. */
const OWN = 'own';

/** The part of the config with the identities. */
interface Identities {
  readonly arm: { readonly identities: readonly string[] };
  readonly identity: { readonly clientId?: string };
}

/** Names of the identities that call Resource Manager, the app's own first: their client ids, in lower case. */
export function armPrincipals({ arm, identity }: Identities): readonly [string, ...string[]] {
  return [identity.clientId?.toLowerCase() ?? OWN, ...arm.identities];
}
