/*
 * Azure's enumerations that the app, the agent and the simulators read, one list each. The service ignores their case,
 * and has returned `readonly` and `Disabled` where the schema has `ReadOnly` and `disabled`, so always read them with
 * `memberOf`. A value that is not a member is unknown; it never counts as the first or the most convenient member.
 * Source: azure-rest-api-specs, containerregistry.
 */
export const CONNECTED_REGISTRY_MODES = ['ReadWrite', 'ReadOnly', 'Registry', 'Mirror'] as const;
export const CONNECTION_STATES = ['Online', 'Offline', 'Syncing', 'Unhealthy'] as const;
export const ACTIVATION_STATUSES = ['Active', 'Inactive'] as const;
export const TOKEN_STATUSES = ['enabled', 'disabled'] as const;
export const SCOPE_MAP_TYPES = ['UserDefined', 'SystemDefined'] as const;
export const REGISTRY_TIERS = ['Basic', 'Standard', 'Premium'] as const;
export const LOG_LEVELS = ['Debug', 'Information', 'Warning', 'Error', 'None'] as const;
export const AUDIT_LOG_STATUSES = ['Enabled', 'Disabled'] as const;
export const PROVISIONING_STATES = ['Creating', 'Updating', 'Deleting', 'Succeeded', 'Failed', 'Canceled'] as const;

export type ConnectedRegistryMode = (typeof CONNECTED_REGISTRY_MODES)[number];

/** Returns the member that a text names, in the spelling of the list; undefined if it is unknown. */
export function memberOf<const T extends string>(members: readonly T[], text: string | undefined): T | undefined {
  const lower = text?.toLowerCase();
  return members.find((member) => member.toLowerCase() === lower);
}

/**
 * Whether clients may write to a connected registry of this mode; undefined for a mode that is unknown. `Registry` and
 * `Mirror` are the old names of `ReadWrite` and `ReadOnly` (ConnectedRegistry.models.tsp).
 */
export function takesWrites(mode: string | undefined): boolean | undefined {
  const known = memberOf(CONNECTED_REGISTRY_MODES, mode);
  return known && (known === 'ReadWrite' || known === 'Registry');
}
