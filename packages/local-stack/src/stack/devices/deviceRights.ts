import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ROLES } from '@connected-registry/azure-simulator/access/roles';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import type { ControlPlane } from '../stack.js';
import { vaultId } from '../world.js';

const API_VERSION = '2022-04-01';
const PATH = 'providers/Microsoft.Authorization/roleAssignments';
const ADMINISTRATOR = ROLES['Role Based Access Control Administrator']?.id ?? '';

const listing = z.object({
  value: z.array(
    z.object({
      id: z.string(),
      properties: z.object({ principalId: z.string(), scope: z.string(), roleDefinitionId: z.string() }),
    }),
  ),
});

/** A role assignment in the vault, or in a secret of it. */
export interface VaultAssignment {
  /** ARM id. */
  readonly id: string;
  readonly principalId: string;
  /** ARM id of the vault or the secret. */
  readonly scope: string;
  readonly roleDefinitionId: string;
}

/** The role assignments of the vault and its secrets. */
export async function vaultAssignments({ operator, world }: ControlPlane): Promise<VaultAssignment[]> {
  const { value } = listing.parse(await operator.arm('GET', `${vaultId(world)}/${PATH}`, API_VERSION));
  return value.map(({ id, properties }) => ({ id, ...properties }));
}

/**
 * Lets the app give devices access to their secrets, with the role and the condition of a deployment. It is given once.
 *
 * @returns the ARM id of the role assignment
 */
export async function letAppGiveAccess(controlPlane: ControlPlane): Promise<string> {
  const { operator, world } = controlPlane;
  const { objectId } = world.identities.app;
  const found = (await vaultAssignments(controlPlane)).find(
    ({ principalId, roleDefinitionId }) => principalId === objectId && roleDefinitionId.endsWith(ADMINISTRATOR),
  );
  if (found) return found.id;
  const id = `${vaultId(world)}/${PATH}/${randomUUID()}`;
  await operator.arm('PUT', id, API_VERSION, {
    properties: {
      roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${ADMINISTRATOR}`,
      principalId: objectId,
      principalType: 'ServicePrincipal',
      condition: readFileSync(join(projectRoot(), 'infra', 'modules', 'assignmentCondition.txt'), 'utf8').trim(),
      conditionVersion: '2.0',
    },
  });
  return id;
}

/** Takes every right in the vault from the stack's device, which reads the secrets of all clients at first. */
export async function takeDeviceRights(controlPlane: ControlPlane): Promise<void> {
  const { operator, world } = controlPlane;
  for (const { id, principalId } of await vaultAssignments(controlPlane))
    if (principalId === world.identities.device.objectId) await operator.arm('DELETE', id, API_VERSION);
}
