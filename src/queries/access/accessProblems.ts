import type { DeviceIdentity } from '@connected-registry/protocol/requests/deviceIdentity';
import { FIX_COMMANDS } from '../../domain/check/fixCommands.js';
import type { Problem } from '../../domain/operations/operation.js';
import type { AssignmentUsage } from '../../ports/readAccess.js';

/** The name in a vault's resource id. */
export const vaultName = (vault: string): string => vault.split('/').at(-1) ?? vault;

/** The settings name no vault. @param url the vault's address */
export function vaultUnknown(url: string): Problem {
  const [name = ''] = new URL(url).hostname.split('.');
  return {
    code: 'device-access-missing',
    field: 'identity',
    message: 'The app lets no device read its secrets, because the setting KEY_VAULT_RESOURCE_ID names no vault.',
    fix: `Leave the field out, or set KEY_VAULT_RESOURCE_ID to what this command prints: ${FIX_COMMANDS.vaultId({ vault: name })}`,
  };
}

/** The app lacks the role. @param names ids of the app's own identity, its object id last */
export function mayNotAssign(vault: string, names: readonly string[]): Problem {
  const [first, ...others] = names;
  // The client id comes first, once or twice; an object id is never equal.
  const principalId = others.findLast((name) => name !== first);
  const command =
    principalId === undefined
      ? 'deploy infra/ with deviceAccess: true'
      : `have an owner of the vault run: ${FIX_COMMANDS.letAppAssign({ vault, principalId })}`;
  return {
    code: 'device-access-missing',
    field: 'identity',
    message: `The app may not write role assignments on the vault ${vaultName(vault)}, so it cannot let the device read its secrets.`,
    fix: `Leave the field out, or ${command}`,
  };
}

/** An event names an identity that only an operator may name. */
export function identityByEvent({ principalId }: DeviceIdentity): Problem {
  return {
    code: 'identity-not-by-event',
    field: 'identity',
    message: `The client is not new, and its record does not have the identity ${principalId}; an event may name the identity of a new client only.`,
    fix: 'Have an operator onboard the client with this identity: POST /api/onboardings.',
  };
}

/** The subscription has no room. */
export function assignmentsFull(vault: string, { limit, count }: AssignmentUsage, needed: number): Problem {
  return {
    code: 'role-assignments-full',
    field: 'identity',
    message: `The subscription of the vault ${vaultName(vault)} has ${count} of at most ${limit} role assignments, and the client needs ${needed} more.`,
    fix: 'Remove assignments that nobody needs, or use a vault in another subscription (docs/operations.md).',
  };
}
