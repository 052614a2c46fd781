import { z } from 'zod';

const patterns = z.array(z.string());

/**
 * The answer about a caller's permissions at a scope. Source: azure-rest-api-specs, authorization, PermissionGetResult.
 */
export const permissionList = z.object({ value: z.array(z.object({ actions: patterns, notActions: patterns })) });

const NEEDED = ['Microsoft.Authorization/roleAssignments/write', 'Microsoft.Authorization/roleAssignments/delete'];

/** Whether the permissions of one role contain all actions that the app needs. */
export function permitsAssigning({ value }: z.output<typeof permissionList>): boolean {
  return NEEDED.every((action) =>
    value.some(
      ({ actions, notActions }) =>
        actions.some((pattern) => matches(pattern, action)) && !notActions.some((pattern) => matches(pattern, action)),
    ),
  );
}

/** Whether an action fits a pattern of a role, in which `*` is any text, in any case. */
function matches(pattern: string, action: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.\\+?^${}()|[\]]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(action);
}
