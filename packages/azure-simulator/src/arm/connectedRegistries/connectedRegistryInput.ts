import { z } from 'zod';
import { AUDIT_LOG_STATUSES, LOG_LEVELS, memberOf } from '@connected-registry/protocol/registry/armEnumerations';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { orUndefined } from '../../http/orUndefined.js';
import type { Plane } from '../../plane.js';
import type { ConnectedRegistry, Registry } from '../../state/registryState.js';
import { checkClientTokens } from './connectedRegistryRules.js';
import { badRequest } from '../errors.js';

export const syncProperties = z.object({
  tokenId: z.string().nullish().transform(orUndefined),
  schedule: z.string().nullish().transform(orUndefined),
  syncWindow: z.string().nullish().transform(orUndefined),
  messageTtl: z.string().nullish().transform(orUndefined),
  authType: z.string().nullish().transform(orUndefined),
});
/** User-assigned identities by resource id (2026-09-01-preview). */
const identity = z
  .object({ userAssignedIdentities: z.record(z.string(), z.unknown()).nullish().transform(orUndefined) })
  .nullish()
  .transform(orUndefined);
const shared = z.object({
  clientTokenIds: z.array(z.string()).nullish().transform(orUndefined),
  notificationsList: z.array(z.string()).nullish().transform(orUndefined),
  logging: z
    .object({
      logLevel: z.string().nullish().transform(orUndefined),
      auditLogStatus: z.string().nullish().transform(orUndefined),
    })
    .nullish()
    .transform(orUndefined),
  garbageCollection: z
    .object({
      // The Azure CLI sends text, which the service accepts.
      enabled: z.union([z.boolean(), z.stringbool()]).nullish().transform(orUndefined),
      schedule: z.string().nullish().transform(orUndefined),
    })
    .nullish()
    .transform(orUndefined),
});
export const putBody = z.object({
  identity,
  properties: shared.extend({
    mode: z.string(),
    parent: z.object({ id: z.string().nullish().transform(orUndefined), syncProperties }),
  }),
});
export const patchBody = z.object({
  identity,
  properties: shared
    .extend({ syncProperties: syncProperties.nullish().transform(orUndefined) })
    .nullish()
    .transform(orUndefined),
});
type Shared = Partial<z.output<typeof shared>>;
export type Patch = Shared & { syncProperties?: z.output<typeof syncProperties> | undefined };

/**
 * Fields that PUT and PATCH may both set. A list that is absent does not change; one that is sent replaces the old one,
 * even if it is empty.
 */
export function sharedFields(
  plane: Plane,
  registry: Registry,
  before: ConnectedRegistry,
  body: Shared,
): Partial<ConnectedRegistry> {
  const { logging, garbageCollection: gc } = body;
  return {
    ...(body.clientTokenIds === undefined
      ? {}
      : { clientTokenIds: checkClientTokens(plane, registry, body.clientTokenIds) }),
    ...(body.notificationsList === undefined ? {} : { notificationsList: body.notificationsList }),
    logging: {
      logLevel:
        logging?.logLevel === undefined ? before.logging.logLevel : oneOf(LOG_LEVELS, logging.logLevel, 'logLevel'),
      auditLogStatus:
        logging?.auditLogStatus === undefined
          ? before.logging.auditLogStatus
          : oneOf(AUDIT_LOG_STATUSES, logging.auditLogStatus, 'auditLogStatus'),
    },
    garbageCollection: {
      enabled: gc?.enabled ?? before.garbageCollection.enabled,
      schedule: gc?.schedule ?? before.garbageCollection.schedule,
    },
  };
}

/** The properties of an existing connected registry that a PUT keeps: the state of its device. */
export function carried(before: ConnectedRegistry | undefined): Partial<ConnectedRegistry> {
  if (!before) return {};
  const { loginServerHost, deactivatedAt, completeSince, version, lastSyncTime, lastActivityTime } = before;
  return {
    ...(loginServerHost === undefined ? {} : { loginServerHost }),
    ...(deactivatedAt === undefined ? {} : { deactivatedAt }),
    ...(completeSince === undefined ? {} : { completeSince }),
    ...(version === undefined ? {} : { version }),
    ...(lastSyncTime === undefined ? {} : { lastSyncTime }),
    ...(lastActivityTime === undefined ? {} : { lastActivityTime }),
  };
}

/** Refuses changes of fixed properties. A sync token can be replaced by an identity, and not by another token. */
export function refuseChange(before: ConnectedRegistry, wanted: ConnectedRegistry): void {
  const fixed = ['mode', 'parentId', ...(wanted.syncTokenId === undefined ? [] : (['syncTokenId'] as const))] as const;
  for (const field of fixed) {
    if (sameName(before[field] ?? '', wanted[field] ?? '')) continue;
    throw badRequest(
      'PropertyChangeNotAllowed',
      `The property '${field}' of a connected registry cannot be changed.`,
      field,
    );
  }
}

export function missing(target: string): Error {
  return badRequest('InvalidRequestContent', `The required property '${target}' is missing.`, target);
}

/** Enumerations ignore case and are returned in their own spelling, as recorded for `mode`. */
export function oneOf<const T extends string>(values: readonly T[], text: string, target: string): T {
  const value = memberOf(values, text);
  if (value !== undefined) return value;
  throw badRequest(
    'InvalidRequestContent',
    `The value '${text}' of ${target} is invalid. Use ${values.join(', ')}.`,
    target,
  );
}
