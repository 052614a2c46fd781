/** What a condition lets its principal do with role assignments. */
interface Allowed {
  /** Ids of roles. */
  roles: readonly string[];
  principalTypes: readonly string[];
}

/** A condition on writing and on deleting role assignments. */
export interface AssignmentCondition {
  write: Allowed;
  delete: Allowed;
}

/** The attributes of a role assignment that conditions compare. Values in lower case. */
export interface AssignmentAttributes {
  role: string;
  principalType: string;
}

const ATTRIBUTE = String.raw`\[microsoft\.authorization/roleassignments:`;

const part = (action: string, source: string): string =>
  String.raw`\(\(!\(actionmatches\{'microsoft\.authorization/roleassignments/${action}'\}\)\)or\(` +
  String.raw`@${source}${ATTRIBUTE}roledefinitionid\]foranyofanyvalues:guidequals\{([^}]*)\}and` +
  String.raw`@${source}${ATTRIBUTE}principaltype\]foranyofanyvalues:stringequalsignorecase\{([^}]*)\}\)\)`;

const FORM = new RegExp(`^${part('write', 'request')}and${part('delete', 'resource')}$`);

/**
 * Parses the one form of conditions that is simulated: roles and principal types, for writing and for deleting (Azure
 * docs: role-based-access-control/delegate-role-assignments-examples, "Constrain roles and principal types"). Case and
 * spaces do not matter.
 *
 * @returns undefined for any other text
 */
export function parseAssignmentCondition(text: string): AssignmentCondition | undefined {
  const found = FORM.exec(text.replaceAll(/\s+/g, '').toLowerCase());
  if (!found) return undefined;
  const [, writeRoles, writeTypes, deleteRoles, deleteTypes] = found;
  return {
    write: { roles: items(writeRoles), principalTypes: items(writeTypes) },
    delete: { roles: items(deleteRoles), principalTypes: items(deleteTypes) },
  };
}

function items(text: string | undefined): string[] {
  return (text ?? '').split(',').map((one) => one.replaceAll("'", ''));
}

/** A condition on attributes of blobs. No action of the simulated services has these, so that it never holds. */
const OF_BLOBS = /^@(?:Resource|Request)\[Microsoft\.Storage\//i;

/** Whether a condition is one that can be stored: it is either evaluated, or holds for nothing that is simulated. */
export function isSimulatedCondition(text: string): boolean {
  return OF_BLOBS.test(text) || parseAssignmentCondition(text) !== undefined;
}

const WRITE = 'microsoft.authorization/roleassignments/write';
const DELETE = 'microsoft.authorization/roleassignments/delete';

/**
 * Whether a condition holds for an action.
 *
 * @param attributes of the assignment in the request for a write, and of the existing one for a deletion. Undefined:
 * the deletion is of none, which changes nothing
 */
export function conditionHolds(text: string, action: string, attributes: AssignmentAttributes | undefined): boolean {
  const condition = parseAssignmentCondition(text);
  if (!condition) return false;
  const name = action.toLowerCase();
  if (name !== WRITE && name !== DELETE) return true;
  if (!attributes) return name === DELETE;
  const { roles, principalTypes } = condition[name === WRITE ? 'write' : 'delete'];
  return roles.includes(attributes.role) && principalTypes.includes(attributes.principalType);
}
