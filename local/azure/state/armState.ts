import type { RoleAssignment } from '../access/roles.js';
import { Collection } from './collection.js';
import { reviveRegistry, type Registry } from './registryState.js';

const FORMAT = 1;

export interface ResourceGroup {
  name: string;
  location: string;
  tags: Record<string, string>;
}

/** Everything that ARM knows, but for Event Grid's topics and subscriptions. It holds password hashes, never a password. */
export interface ArmState {
  tenantId: string;
  subscriptionId: string;
  vaultName: string;
  resourceGroups: Collection<ResourceGroup>;
  registries: Collection<Registry>;
  roleAssignments: RoleAssignment[];
}

/** What goes to disk. */
export function storedArmState(state: ArmState): unknown {
  return { format: FORMAT, ...state };
}

/** @throws when the file is of another version of this program. */
export function reviveArmState(stored: unknown): ArmState {
  const { format, ...state } = stored as { format: number } & Record<string, unknown>;
  if (format !== FORMAT) throw new Error('the data folder is of another version; start with --reset to begin anew');
  const lists = state as unknown as {
    tenantId: string;
    subscriptionId: string;
    vaultName: string;
    resourceGroups: ResourceGroup[];
    registries: Registry[];
    roleAssignments: RoleAssignment[];
  };
  return {
    ...lists,
    resourceGroups: new Collection(lists.resourceGroups),
    registries: new Collection(lists.registries.map(reviveRegistry)),
  };
}
