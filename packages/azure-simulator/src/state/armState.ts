import { z } from 'zod';
import { RoleAssignments } from '../access/roleAssignments.js';
import { Collection } from './collection.js';
import { REGISTRY_KEEPING, type Registry } from './registryState.js';
import type { Contents, Keeps } from './store.js';

export const ARM_FORMAT = 2;

export interface ResourceGroup {
  name: string;
  location: string;
  tags: Record<string, string>;
}

/** What does not change. */
export const armFacts = z.object({ tenantId: z.string(), subscriptionId: z.string(), vaultName: z.string() });
export type ArmFacts = z.infer<typeof armFacts>;

/** The state of ARM, except Event Grid and IoT Hub. It contains password hashes, never a password. */
export interface ArmState extends ArmFacts {
  resourceGroups: Collection<ResourceGroup>;
  registries: Collection<Registry>;
  roleAssignments: RoleAssignments;
}

export function emptyArmState(facts: ArmFacts): ArmState {
  return {
    ...facts,
    resourceGroups: new Collection(),
    registries: new Collection([], REGISTRY_KEEPING),
    roleAssignments: new RoleAssignments(),
  };
}

/** The lists of a registry are stored separately, so that a write of a token is one line however many there are. */
const PARTS = ['repositories', 'replications', 'scopeMaps', 'tokens', 'connectedRegistries'] as const;

/** The format on disk. */
export function armContents(state: ArmState): Contents {
  const { tenantId, subscriptionId, vaultName } = state;
  const own: Record<string, Keeps> = {
    resourceGroups: state.resourceGroups,
    registries: state.registries,
    roleAssignments: state.roleAssignments,
    roleDefinitions: state.roleAssignments.definitions,
  };
  return {
    format: ARM_FORMAT,
    facts: { tenantId, subscriptionId, vaultName },
    *tables() {
      yield* Object.entries(own);
      for (const registry of state.registries.values()) {
        for (const part of PARTS) yield [`registries/${registry.name}/${part}`, registry[part]];
      }
    },
    table(name) {
      const [list, registry, part] = name.split('/');
      if (registry === undefined) return own[list ?? ''];
      const known = PARTS.find((one) => one === part);
      return known && state.registries.get(registry)?.[known];
    },
  };
}
