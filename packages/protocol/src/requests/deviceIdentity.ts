import { z } from 'zod';

/**
 * Kinds of principals that a device may be: applications, managed identities and devices. Users and groups are left
 * out, since one onboarding must not give people, or everybody in a group, a device's credential. Source:
 * azure-rest-api-specs, authorization, PrincipalType.
 */
export const PRINCIPAL_TYPES = ['ServicePrincipal', 'Device'] as const;
export type PrincipalType = (typeof PRINCIPAL_TYPES)[number];

/** The kind of a principal if the request names none: that of applications and managed identities. */
const DEFAULT_PRINCIPAL_TYPE: PrincipalType = 'ServicePrincipal';

/** An identity in Entra with which a device reads its secrets. */
export interface DeviceIdentity {
  /** Object id, in lower case. */
  readonly principalId: string;
  readonly principalType: PrincipalType;
}

/** The required form of each field. */
export const IDENTITY_FIELDS = {
  identity:
    "an object {principalId, principalType?}: the device's Entra identity, which the app lets read the client's two secrets",
  principalId: 'the object id (a GUID) of an application, a managed identity or a device in Entra',
  principalType: `one of ${PRINCIPAL_TYPES.join(', ')}; the default is ${DEFAULT_PRINCIPAL_TYPE}`,
  poller:
    "the object id (a GUID) of the Entra identity that polls the client's messages; it gives no right to read the client's secrets",
} as const;

const OBJECT_ID = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;

/** The object id of a principal, in any case. */
export const principalId = z
  .string('must be a text')
  .regex(OBJECT_ID, 'is not an object id')
  .describe(IDENTITY_FIELDS.principalId);

export const principalType = z
  .enum(PRINCIPAL_TYPES, `must be one of ${PRINCIPAL_TYPES.join(', ')}`)
  .describe(IDENTITY_FIELDS.principalType);

/** The field `identity` of a request. */
export const deviceIdentity = z
  .strictObject({ principalId, principalType: principalType.optional() }, 'must be an object')
  .describe(IDENTITY_FIELDS.identity);

/** The field `poller` of a request, in any case. */
export const poller = z
  .string('must be a text')
  .regex(OBJECT_ID, 'is not an object id')
  .describe(IDENTITY_FIELDS.poller);

/** Fills in the default, so that equal identities are equal texts. */
export function toDeviceIdentity({
  principalId: id,
  principalType: type,
}: z.infer<typeof deviceIdentity>): DeviceIdentity {
  return { principalId: id.toLowerCase(), principalType: type === undefined ? DEFAULT_PRINCIPAL_TYPE : type };
}
