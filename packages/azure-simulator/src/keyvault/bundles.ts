import type { Call } from '../http/route.js';
import type { Plane } from '../plane.js';
import { newest, type DeletedSecret, type Secret, type SecretVersion } from './vaultState.js';

/** Key Vault's JSON of a version. It has the value only in answers about a single version. */
export function secretBundle(
  plane: Plane,
  call: Call,
  secret: Secret,
  version: SecretVersion,
  withValue: boolean,
): object {
  return {
    ...(withValue ? { value: version.value } : {}),
    ...(version.contentType === undefined ? {} : { contentType: version.contentType }),
    id: `${plane.baseUrl}/secrets/${secret.name}/${version.version}`,
    attributes: attributes(plane, call, version),
    tags: version.tags,
  };
}

/** An item of the list of secrets: the newest version's attributes, and an id without a version. */
export function secretItem(plane: Plane, call: Call, secret: Secret): object {
  return { ...secretBundle(plane, call, secret, newest(secret), false), id: `${plane.baseUrl}/secrets/${secret.name}` };
}

export function deletedBundle(plane: Plane, call: Call, secret: DeletedSecret, form: 'item' | 'bundle'): object {
  const latest =
    form === 'item' ? secretItem(plane, call, secret) : secretBundle(plane, call, secret, newest(secret), false);
  return {
    recoveryId: `${plane.baseUrl}/deletedsecrets/${secret.name}`,
    deletedDate: secret.deletedDate,
    scheduledPurgeDate: secret.scheduledPurgeDate,
    ...latest,
  };
}

function attributes(plane: Plane, call: Call, version: SecretVersion): object {
  return {
    enabled: version.enabled,
    ...(version.notBefore === undefined ? {} : { nbf: version.notBefore }),
    ...(version.expires === undefined ? {} : { exp: version.expires }),
    created: version.created,
    updated: version.updated,
    recoveryLevel: recoveryLevel(plane),
    ...(showsRecoverableDays(call) ? { recoverableDays: plane.settings.recoverableDays } : {}),
  };
}

/** The first two api-versions do not return the days for which a deleted secret can be recovered (recorded). */
function showsRecoverableDays({ query }: Call): boolean {
  return !['2016-10-01', '7.0'].includes(query.get('api-version') ?? '');
}

/** The recovery level of the vault (azure-rest-api-specs, keyvault: DeletionRecoveryLevel). */
function recoveryLevel(plane: Plane): string {
  const customized = plane.settings.recoverableDays < 90 ? 'Customized' : '';
  return `${customized}Recoverable${plane.settings.purgeProtection ? '' : '+Purgeable'}`;
}
