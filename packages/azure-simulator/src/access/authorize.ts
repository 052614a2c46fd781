import { conditionHolds, type AssignmentAttributes } from './assignmentCondition.js';
import type { RoleAssignments } from './roleAssignments.js';
import type { Permission } from './roles.js';

export interface Question {
  principalId: string;
  action: string;
  /** The resource's id, or a longer path below it. */
  scope: string;
  plane: 'control' | 'data';
  /** The tags of the secret; undefined if it does not exist, or the action is not on a secret. */
  secretTags?: Readonly<Record<string, string>>;
  /** The role assignment that the action writes or deletes; undefined if there is none. */
  assignment?: AssignmentAttributes | undefined;
}

/**
 * Whether an assignment covers the scope with a role that has the action. Scopes are inherited downwards (Azure docs:
 * role-based-access-control "Understand scope").
 */
export function isAllowed(assignments: RoleAssignments, question: Question): boolean {
  for (const assignment of assignments.of(question.principalId)) {
    if (!covers(assignment.scope, question.scope)) continue;
    const { condition } = assignment;
    if (condition !== undefined && !conditionHolds(condition, question.action, question.assignment)) continue;
    const tag = assignment.onlySecretsTagged;
    if (tag !== undefined && question.secretTags?.[tag] === undefined) continue;
    if (assignments.permissionsOf(assignment).some((one) => permits(one, question))) return true;
  }
  return false;
}

function permits(permission: Permission, { plane, action }: Question): boolean {
  const isControl = plane === 'control';
  const [given, taken] = isControl
    ? [permission.actions, permission.notActions]
    : [permission.dataActions, permission.notDataActions];
  return given.some((one) => matches(one, action)) && !taken.some((one) => matches(one, action));
}

/** Whether `principalId` has any role below, at or above `scope`. Decides whether a subscription is listed. */
export function hasAnyRole(assignments: RoleAssignments, principalId: string, scope: string): boolean {
  for (const one of assignments.of(principalId)) {
    if (covers(one.scope, scope) || covers(scope, one.scope)) return true;
  }
  return false;
}

/** Whether a scope equals another one or is above it. */
export function covers(outer: string, inner: string): boolean {
  const prefix = trimSlash(outer).toLowerCase();
  const path = trimSlash(inner).toLowerCase();
  return path === prefix || path.startsWith(`${prefix}/`);
}

function trimSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

const compiled = new Map<string, RegExp>();

function matches(pattern: string, action: string): boolean {
  let expression = compiled.get(pattern);
  if (!expression) {
    const escaped = pattern.split('*').map((part) => part.replace(/[.\\+?^${}()|[\]]/g, String.raw`\$&`));
    expression = new RegExp(`^${escaped.join('.*')}$`, 'i');
    compiled.set(pattern, expression);
  }
  return expression.test(action);
}
