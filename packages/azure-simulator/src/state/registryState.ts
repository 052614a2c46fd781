import { z } from 'zod';
import { REGISTRY_TIERS } from '@connected-registry/protocol/registry/armEnumerations';
import type {
  ACTIVATION_STATUSES,
  ConnectedRegistryMode,
  SCOPE_MAP_TYPES,
  TOKEN_STATUSES,
} from '@connected-registry/protocol/registry/armEnumerations';
import type { SlotName } from '@connected-registry/protocol/registry/slots';
import { Collection, type Keeping } from './collection.js';
import { storedObject } from './storedObject.js';

/** base64 SHA-256 of the salt's text followed by the password. */
export interface PasswordHash {
  salt: string;
  hash: string;
}

/** Times here and below are ISO 8601, UTC. A password itself is never stored. */
export interface StoredPassword extends PasswordHash {
  name: SlotName;
  creationTime: string;
  expiry?: string;
  /** What connected registries still get while a regenerated password replicates. */
  previous?: PasswordHash & { until: string; expiry?: string };
}

const storedSystemData = storedObject({
  createdBy: z.string(),
  createdAt: z.string(),
  lastModifiedBy: z.string(),
  lastModifiedAt: z.string(),
});
export type SystemData = z.infer<typeof storedSystemData>;

export interface ScopeMap {
  name: string;
  type: (typeof SCOPE_MAP_TYPES)[number];
  description?: string;
  actions: string[];
  creationDate: string;
  systemData: SystemData;
}

export interface Token {
  name: string;
  scopeMapId: string;
  status: (typeof TOKEN_STATUSES)[number];
  passwords: StoredPassword[];
  creationDate: string;
  systemData: SystemData;
}

export interface ConnectedRegistry {
  name: string;
  mode: ConnectedRegistryMode;
  /** Absent for a child of the cloud registry itself. */
  parentId?: string;
  /** Absent if it syncs with a managed identity. */
  syncTokenId?: string;
  authType?: 'SyncToken' | 'ManagedIdentity';
  /** User-assigned identities by resource id, with their ids in Entra. */
  identities?: Record<string, { principalId: string; clientId: string }>;
  schedule: string;
  syncWindow?: string;
  messageTtl: string;
  clientTokenIds: string[];
  notificationsList: string[];
  logging: { logLevel: string; auditLogStatus: string };
  garbageCollection: { enabled: boolean; schedule: string };
  loginServerHost?: string;
  activation: (typeof ACTIVATION_STATUSES)[number];
  /** Set by deactivation: it returns only with sync credentials that were created later. */
  deactivatedAt?: string;
  /** Earlier sync messages do not count: the next sync delivers everything. */
  completeSince?: string;
  version?: string;
  lastSyncTime?: string;
  lastActivityTime?: string;
  statusDetails: { type: string; code: string; description: string; timestamp: string; correlationId: string }[];
  systemData: SystemData;
}

/** A registry's copy in another region. */
export interface Replication {
  name: string;
  location: string;
  tags: Record<string, string>;
  regionEndpointEnabled: boolean;
  zoneRedundancy: string;
  creationDate: string;
  systemData: SystemData;
}

const storedOptions = storedObject({
  publicNetworkAccess: z.string().exactOptional(),
  networkRuleBypassOptions: z.string().exactOptional(),
  zoneRedundancy: z.string().exactOptional(),
  metadataSearch: z.string().exactOptional(),
  roleAssignmentMode: z.string().exactOptional(),
  defaultAction: z.string().exactOptional(),
});
export type RegistryOptions = z.infer<typeof storedOptions>;

/** A repository's tags in the cloud registry. */
export interface Repository {
  name: string;
  tags: string[];
}

/** A registry without its lists, as on disk. */
const storedRegistry = storedObject({
  name: z.string(),
  resourceGroup: z.string(),
  location: z.string(),
  sku: z.enum(REGISTRY_TIERS),
  dataEndpointEnabled: z.boolean(),
  adminUserEnabled: z.boolean(),
  tags: z.record(z.string(), z.string()),
  /** Api-version of the write that created it, which determines its generation. */
  madeWith: z.string().exactOptional(),
  anonymousPullEnabled: z.boolean().exactOptional(),
  /** Other properties that a client set, returned unchanged. */
  options: storedOptions.exactOptional(),
  creationDate: z.string(),
  systemData: storedSystemData,
});

export interface Registry extends z.infer<typeof storedRegistry> {
  repositories: Collection<Repository>;
  replications: Collection<Replication>;
  scopeMaps: Collection<ScopeMap>;
  tokens: Collection<Token>;
  connectedRegistries: Collection<ConnectedRegistry>;
}

/** Its lists are stored separately. A registry that replaces another keeps the existing lists. */
export const REGISTRY_KEEPING: Keeping<Registry> = {
  store: ({ repositories: _r, replications: _l, scopeMaps: _s, tokens: _t, connectedRegistries: _c, ...own }) => own,
  revive: (stored, before) => ({
    ...storedRegistry.parse(stored),
    repositories: before?.repositories ?? new Collection(),
    replications: before?.replications ?? new Collection(),
    scopeMaps: before?.scopeMaps ?? new Collection(),
    tokens: before?.tokens ?? new Collection(),
    connectedRegistries: before?.connectedRegistries ?? new Collection(),
  }),
};
