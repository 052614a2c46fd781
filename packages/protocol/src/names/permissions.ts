import { sameName } from './sameName.js';
import { shortHash } from './clientKey.js';
import { REPOSITORY_ACTIONS, type RepositoryAction } from './repositoryActions.js';

/**
 * The permissions of a scope map: repository -> actions. Repository names may be ACR's wildcards: `prefix/*` or `*`.
 * Source: Azure docs, container-registry-token-based-repository-permissions.
 */
export type Permissions = Readonly<Record<string, readonly RepositoryAction[]>>;

export { REPOSITORY_ACTIONS, type RepositoryAction };

/** Actions that an event may request. Only an operator may request more. */
export const READ_ACTIONS: readonly RepositoryAction[] = ['content/read', 'metadata/read'];

const MAX_NAME_CHARACTERS = 255;
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const WILDCARD = new RegExp(`^(?:${COMPONENT}(?:/${COMPONENT})*/)?\\*$`);

/** The rule of {@link isRepositoryPattern}, for the API's document. */
export const REPOSITORY_RULE = {
  maxLength: MAX_NAME_CHARACTERS,
  pattern: `${REPOSITORY.source}|${WILDCARD.source}`,
} as const;

/** Whether a text is a repository name by the OCI distribution specification, or a wildcard. */
export function isRepositoryPattern(name: string): boolean {
  return name.length <= MAX_NAME_CHARACTERS && (REPOSITORY.test(name) || WILDCARD.test(name));
}

export function isWildcard(pattern: string): boolean {
  return pattern.endsWith('*');
}

/** A scope map's action strings, sorted, so that equal permissions give equal lists. */
export function toActions(permissions: Permissions): string[] {
  return Object.entries(permissions)
    .flatMap(([repository, actions]) => actions.map((action) => `repositories/${repository}/${action}`))
    .sort();
}

/** A fingerprint of a scope map's permissions, independent of the order of its actions: 12 hexadecimal digits. */
export function rightsHash(actions: readonly string[]): string {
  return shortHash([[...lowered(actions)].sort()], 12);
}

/** Action strings in lower case, because the service ignores case. */
function lowered(actions: readonly string[]): Set<string> {
  return new Set(actions.map((action) => action.toLowerCase()));
}

interface Grant {
  readonly pattern: string;
  readonly action: string;
}

function parseAction(text: string): Grant | undefined {
  const match = /^repositories\/(.+)\/((?:content|metadata)\/[a-z]+)$/i.exec(text);
  return match?.[1] && match[2] ? { pattern: match[1], action: match[2] } : undefined;
}

/** Whether `granted` matches everything that `pattern` matches. */
export function patternCovers(granted: string, pattern: string): boolean {
  if (granted === '*' || granted === pattern) return true;
  return granted.endsWith('/*') && pattern.startsWith(granted.slice(0, -1));
}

/** Whether a scope map's action strings allow `action` on everything that `pattern` names. Grants add up. */
export function actionsCover(actions: readonly string[], pattern: string, action: string): boolean {
  return actions
    .map(parseAction)
    .some((grant) => grant !== undefined && sameName(grant.action, action) && patternCovers(grant.pattern, pattern));
}

/**
 * Whether action strings grant everything that one more would. Of a form that is not a repository's, only the same text
 * does.
 */
export function actionsCoverAll(actions: readonly string[], one: string): boolean {
  const grant = parseAction(one);
  return grant === undefined
    ? actions.some((action) => sameName(action, one))
    : actionsCover(actions, grant.pattern, grant.action);
}

/** Whether the permissions allow pulling from exactly this repository. */
export function permissionsCover(permissions: Permissions, repository: string, action: RepositoryAction): boolean {
  return actionsCover(toActions(permissions), repository, action);
}

/**
 * Compares as sets: the service keeps the order in which actions were sent, and scope maps made by hand have their own.
 */
export function sameActions(left: readonly string[], right: readonly string[]): boolean {
  const all = lowered(left);
  const wanted = lowered(right);
  return all.size === wanted.size && [...wanted].every((action) => all.has(action));
}

/** The repositories that these action strings allow pulling from, by name; wildcards as they are. */
export function pullableRepositories(actions: readonly string[]): string[] {
  const patterns = actions
    .map(parseAction)
    .flatMap((grant) => (grant?.action.toLowerCase() === 'content/read' ? [grant.pattern] : []));
  return [...new Set(patterns)].sort();
}

/** The first repository by name that these action strings allow pulling from; wildcards do not count. */
export function pullableRepository(actions: readonly string[]): string | undefined {
  return pullableRepositories(actions).find((pattern) => !isWildcard(pattern));
}

/** Actions of a connected registry's own sync token, which no client may have. Source: Azure docs, as above. */
export function hasGatewayActions(actions: readonly string[]): boolean {
  return actions.some((action) => action.toLowerCase().startsWith('gateway/'));
}
