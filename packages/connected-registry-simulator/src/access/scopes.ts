import { grants } from './actions.js';
import type { RepositoryAction } from './actions.js';

/** One entry of a bearer token's `access` claim (distribution docs: spec/auth/token, spec/auth/jwt). */
export interface Access {
  type: string;
  name: string;
  actions: string[];
}

/** Docker's names of content/read and the other actions; the metadata ones are the registry service's own. */
const ACTION_OF: Readonly<Record<string, RepositoryAction>> = {
  pull: 'content/read',
  push: 'content/write',
  delete: 'content/delete',
  metadata_read: 'metadata/read',
  metadata_write: 'metadata/write',
};

/** Parses scopes of the token protocol: `type:name:action,action`, separated by spaces. */
export function parseScopes(values: readonly string[]): Access[] {
  return values
    .flatMap((value) => value.split(' '))
    .filter((scope) => scope !== '')
    .flatMap((scope) => {
      const match = /^([a-z0-9]+):(.+):([a-z_*,]+)$/.exec(scope);
      const [, type, name, actions] = match ?? [];
      return type && name && actions ? [{ type, name, actions: actions.split(',') }] : [];
    });
}

/**
 * The part of `requested` that a client token's actions allow. Entries without an allowed action are omitted, which is
 * how the protocol refuses: the token does not contain the access. A request for `pull` also gets `metadata_read` if
 * the client has it, because a connected registry lists tags with a token for `repository:{name}:pull` (Azure/acr docs:
 * connected-registry/quickstart-view-connected-registry-repos-and-tags).
 */
export function grantedAccess(requested: readonly Access[], actions: readonly string[]): Access[] {
  return requested
    .map((access) => ({ ...access, actions: allowed(access, actions) }))
    .filter((access) => access.actions.length > 0);
}

function allowed(access: Access, actions: readonly string[]): string[] {
  if (access.type === 'registry') return access.name === 'catalog' && access.actions.includes('*') ? ['*'] : [];
  if (access.type !== 'repository') return [];
  const requested = access.actions.includes('*') ? Object.keys(ACTION_OF) : [...access.actions];
  if (requested.includes('pull')) requested.push('metadata_read');
  return [...new Set(requested)].filter((action) => {
    const needed = ACTION_OF[action];
    return needed !== undefined && grants(actions, access.name, needed);
  });
}
