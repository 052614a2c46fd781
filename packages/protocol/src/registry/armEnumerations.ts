/*
 * Azure's enumerations that the app, the device's agent and the local stand-ins read, one list each. The service compares
 * them without case, and has answered `readonly` and `Disabled` for what the schema writes `ReadOnly` and `disabled`: read
 * them with `memberOf` only. What is none of the members is unknown, never the first or the most convenient one.
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

/** The member that a text means, in the list's own spelling; undefined: none of them, so unknown. */
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
