import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

/** A role. Patterns may contain `*` and ignore case, as in Azure's role definitions. */
export interface RoleDefinition {
  id: string;
  actions: readonly string[];
  dataActions: readonly string[];
}

/** A permission of a custom role: its actions, except its notActions. */
export interface Permission {
  actions: readonly string[];
  notActions: readonly string[];
  dataActions: readonly string[];
  notDataActions: readonly string[];
}

/** A custom role. Its name is the last part of its id. */
export interface CustomRole {
  name: string;
  properties: { roleName: string; description?: string; assignableScopes: string[]; permissions: Permission[] };
  /** When and by whom (an object id) it was created. */
  created: { on: string; by: string };
  updated: { on: string; by: string };
}

/**
 * A principal's role at a scope. `onlySecretsTagged` restricts a vault role to secrets whose newest version has that
 * tag. It simulates one assignment per secret, which a real vault needs for the same effect.
 */
export interface RoleAssignment {
  name: string;
  principalId: string;
  /** A name of {@link ROLES}, or a custom role's. */
  role: string;
  scope: string;
  onlySecretsTagged?: string;
  /** As the request gave it; default `ServicePrincipal`. */
  principalType?: string;
  /** In a form that `isSimulatedCondition` accepts. */
  condition?: string;
  conditionVersion?: string;
  description?: string;
  /** When and by whom (an object id) it was created; absent for assignments that exist from the start. */
  created?: { on: string; by: string };
  updated?: { on: string; by: string };
}

const SECRETS = 'Microsoft.KeyVault/vaults/secrets';
const HUBS = 'Microsoft.Devices/IotHubs';

/** The app's least privilege on a registry: exactly the actions that its flows need. */
export const ONBOARDING_ROLE = 'Connected Registry Client Onboarding';

/** Counts the role assignments of a subscription, which no built-in role can without reading everything. */
export const COUNTER_ROLE = 'Connected Registry Role Assignment Counter';

/** The roles that a deployment creates. */
export const CUSTOM_ROLES: readonly string[] = [ONBOARDING_ROLE, COUNTER_ROLE];

/**
 * Reads the file that a deployment creates a role from, so that the simulator allows exactly what a real deployment
 * allows.
 */
function actionsOf(name: string, file: string): string[] {
  const role = z.object({ name: z.literal(name), actions: z.array(z.string()).min(1) });
  return role.parse(JSON.parse(readFileSync(join(projectRoot(), 'infra', 'modules', file), 'utf8'))).actions;
}

/**
 * The roles of the seeded identities. Ids and contents of built-in ones: Azure docs, "Azure built-in roles"
 * (privileged, security, integration, internet of things).
 */
export const ROLES: Readonly<Record<string, RoleDefinition>> = {
  Owner: { id: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635', actions: ['*'], dataActions: [] },
  Reader: { id: 'acdd72a7-3385-48ef-bd42-f606fba81ae7', actions: ['*/read'], dataActions: [] },
  'Role Based Access Control Administrator': {
    id: 'f58310d9-a9f6-439a-9e8d-f62e7b41a168',
    actions: [
      'Microsoft.Authorization/roleAssignments/write',
      'Microsoft.Authorization/roleAssignments/delete',
      '*/read',
      'Microsoft.Support/*',
    ],
    dataActions: [],
  },
  [ONBOARDING_ROLE]: {
    id: '5f0f2b7c-6f2e-4d0e-9c5a-3f1f0a2f8a11',
    actions: actionsOf(ONBOARDING_ROLE, 'onboardingRole.json'),
    dataActions: [],
  },
  [COUNTER_ROLE]: {
    id: '3f3c1d0e-0a52-4b0f-8f53-6c1d7a3e9b02',
    actions: actionsOf(COUNTER_ROLE, 'assignmentCounterRole.json'),
    dataActions: [],
  },
  'Key Vault Administrator': {
    id: '00482a5a-887f-4fb3-b363-3b7fe8e74483',
    actions: [],
    dataActions: ['Microsoft.KeyVault/vaults/*'],
  },
  'Key Vault Secrets Officer': {
    id: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7',
    actions: [],
    dataActions: [`${SECRETS}/*`],
  },
  'Key Vault Secrets User': {
    id: '4633458b-17de-408a-b874-0445c86b69e6',
    actions: [],
    dataActions: [`${SECRETS}/getSecret/action`, `${SECRETS}/readMetadata/action`],
  },
  'EventGrid Data Sender': {
    id: 'd5a91429-5739-47e2-a06b-3470a27159e7',
    actions: ['Microsoft.EventGrid/topics/read'],
    dataActions: ['Microsoft.EventGrid/events/send/action'],
  },
  'IoT Hub Data Contributor': {
    id: '4fc6c259-987e-4a07-842e-c321cc9d413f',
    actions: [],
    dataActions: [`${HUBS}/*`],
  },
  'IoT Hub Data Reader': {
    id: 'b447c946-2db7-41ec-983d-d8bf3b1c77e3',
    actions: [],
    dataActions: [`${HUBS}/*/read`, `${HUBS}/fileUpload/notifications/action`],
  },
  'IoT Hub Registry Contributor': {
    id: '4ea46cd5-c1b2-4a8e-910b-273211f9ce47',
    actions: [],
    dataActions: [`${HUBS}/devices/*`],
  },
  'IoT Hub Twin Contributor': {
    id: '494bdba2-168f-4f31-a0a1-191d2f7c028c',
    actions: [],
    dataActions: [`${HUBS}/twins/*`],
  },
};
