import type { DryRunAnswer, PlannedWrite } from '../domain/answers.js';
import type { ClientReference } from '../domain/clientKey.js';
import type { LeftToken } from '../domain/leftToken.js';
import type { Ports } from '../ports/ports.js';
import type { SecretVersion } from '../ports/secretVault.js';
import { readClientAccess, type OtherTokens } from './clientAccess.js';

/** What gives a client access at this moment. */
export interface EnabledAccess {
  readonly tokens: readonly string[];
  readonly secrets: readonly SecretVersion[];
}

/** The client's tokens and secrets that are enabled: what a revocation disables. @throws ServiceError */
export async function readEnabledAccess(
  ports: Ports,
  reference: ClientReference,
  others?: OtherTokens,
): Promise<EnabledAccess> {
  const { tokens, secrets } = await readClientAccess(ports, reference, others);
  return {
    tokens: tokens.filter(({ isEnabled }) => isEnabled !== false).map(({ name }) => name),
    secrets: secrets
      .flatMap(({ versions }) => versions.filter(({ isEnabled }) => isEnabled))
      .map(({ name, version }) => ({ name, version })),
  };
}

/** What a revocation would disable, in order; what the run in progress makes is not there yet. @throws ServiceError */
export function createRevocationDryRun(ports: Ports) {
  return async (reference: ClientReference, left?: readonly LeftToken[]): Promise<DryRunAnswer> => {
    const { client } = reference;
    const { tokens, secrets } = await readEnabledAccess(ports, reference, left ? { left } : {});
    const writes: PlannedWrite[] = [
      ...tokens.map((token) => ({ step: 'disable', action: 'disable token', resource: token, client })),
      ...secrets.map(({ name, version }) => ({
        step: 'disable',
        action: `disable version ${version} of secret`,
        resource: name,
        client,
      })),
    ];
    return { problems: [], writes, adopts: [] };
  };
}
