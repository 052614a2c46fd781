/**
 * Id of the built-in role Key Vault Secrets User, which reads values of secrets. Source: Azure docs,
 * built-in-roles/security.
 */
export const KEY_VAULT_SECRETS_USER = '4633458b-17de-408a-b874-0445c86b69e6';

/**
 * Id of the built-in role Role Based Access Control Administrator, which may manage role assignments, with conditions.
 * Source: Azure docs, built-in-roles/privileged.
 */
export const RBAC_ADMINISTRATOR = 'f58310d9-a9f6-439a-9e8d-f62e7b41a168';

/** The only version of conditions. Source: Azure docs, role-based-access-control/conditions-format. */
export const CONDITION_VERSION = '2.0';

/**
 * The condition under which the app manages role assignments: one role, and principals that are neither people nor
 * groups. It has an expression for each action, since a write is judged by the request and a deletion by the assignment
 * that exists. infra/modules/assignmentCondition.txt has the same text, as a test compares. Source: Azure docs,
 * role-based-access-control/delegate-role-assignments-examples, "Constrain roles and principal types".
 */
export const ASSIGNMENT_CONDITION = [conditionOf('write', 'Request'), conditionOf('delete', 'Resource')].join(' AND ');

function conditionOf(action: 'write' | 'delete', source: 'Request' | 'Resource'): string {
  const attribute = (name: string) => `@${source}[Microsoft.Authorization/roleAssignments:${name}]`;
  const role = `${attribute('RoleDefinitionId')} ForAnyOfAnyValues:GuidEquals {${KEY_VAULT_SECRETS_USER}}`;
  const type = `${attribute('PrincipalType')} ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal', 'Device'}`;
  return `((!(ActionMatches{'Microsoft.Authorization/roleAssignments/${action}'})) OR (${role} AND ${type}))`;
}
