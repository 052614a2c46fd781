import { badRequest } from '../errors.js';

/**
 * Actions in a scope map (Azure docs: container-registry-token-based-repository-permissions; azure-cli,
 * acr/connected_registry.py, for the gateway's).
 */
const REPOSITORY_ACTIONS = ['content/read', 'content/write', 'content/delete', 'metadata/read', 'metadata/write'];
const GATEWAY_ACTIONS = ['config/read', 'config/write', 'message/read', 'message/write'];

const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/;
const GATEWAY = /^[a-z0-9]+$/;

/** One action on one repository, or on those that a wildcard covers. */
export interface RepositoryRight {
  repository: string;
  action: string;
}

/** @returns undefined if the action is about a gateway, or malformed */
function repositoryRight(action: string): RepositoryRight | undefined {
  const [root, ...rest] = action.split('/');
  if (root !== 'repositories' || rest.length < 3) return undefined;
  return { repository: rest.slice(0, -2).join('/'), action: rest.slice(-2).join('/') };
}

/** Whether a pattern covers a repository: the name itself, everything below `prefix/*`, or everything with `*`. */
function coversRepository(pattern: string, repository: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('/*') ? repository.startsWith(pattern.slice(0, -1)) : pattern === repository;
}

/** Whether an action of a scope map grants `action` on `repository`. */
export function grants(actions: readonly string[], repository: string, action: string): boolean {
  return actions.some((text) => {
    const right = repositoryRight(text);
    return right !== undefined && right.action === action && coversRepository(right.repository, repository);
  });
}

/** The gateway actions that a connected registry's sync token needs. */
export function gatewayActions(connectedRegistry: string): string[] {
  return GATEWAY_ACTIONS.map((action) => `gateway/${connectedRegistry.toLowerCase()}/${action}`);
}

/** @throws 400 for a malformed action, or more repository permissions than a scope map may have */
export function checkActions(actions: readonly string[], max: number): void {
  for (const action of actions) {
    if (!isWellFormed(action)) {
      throw badRequest('InvalidScopeMapActions', `The action '${action}' of the scope map is invalid.`, 'actions');
    }
  }
  const repositories = actions.filter((action) => action.startsWith('repositories/')).length;
  if (repositories > max) {
    throw badRequest(
      'ScopeMapPermissionLimitExceeded',
      `A scope map can hold at most ${max} repository permissions; ${repositories} were given.`,
      'actions',
    );
  }
}

function isWellFormed(action: string): boolean {
  const right = repositoryRight(action);
  if (right) return REPOSITORY_ACTIONS.includes(right.action) && isRepositoryPattern(right.repository);
  const [root, name, ...rest] = action.split('/');
  return root === 'gateway' && GATEWAY.test(name ?? '') && GATEWAY_ACTIONS.includes(rest.join('/'));
}

function isRepositoryPattern(repository: string): boolean {
  if (repository === '*') return true;
  return REPOSITORY.test(repository.endsWith('/*') ? repository.slice(0, -2) : repository);
}
