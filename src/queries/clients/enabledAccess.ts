import type { DryRunAnswer, PlannedWrite } from '@connected-registry/protocol/answers/answers';
import { referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { EnabledAccess, SharedToken } from '../../domain/revocation/enabledAccess.js';
import { keptByName } from '../../domain/offboarding/offboardingPlan.js';
import { inCommonWith, keptForOthers, mayBeShared } from '../../domain/tokens/sharedToken.js';
import type { Ports } from '../../ports/ports.js';
import { clientPorts, type ClientPorts } from '../../ports/vaults.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { isThere, readClientAccess, type ClientToken, type OtherTokens } from './clientAccess.js';
import { readSharedAccess, type SharedAccess } from './sharedAccess.js';
import type { TokenUsers } from './tokenUsers.js';

/**
 * Finds what a revocation disables. With `goesOn`, a failed read does not stop the others: the device is cut off by
 * everything that is known of it.
 *
 * @throws ServiceError
 */
export async function readEnabledAccess(
  ports: ClientPorts,
  tokenUsers: TokenUsers,
  reference: ClientReference,
  others?: OtherTokens,
  goesOn = false,
): Promise<EnabledAccess> {
  const unread: string[] = [];
  const access = await readClientAccess(ports, reference, others, goesOn ? unread : undefined);
  const shared: SharedToken[] = [];
  for (const token of access.tokens) {
    const found = await sharing(token);
    // The durable history does not need the data of other clients.
    if (found) shared.push({ ...found, users: found.users.map(referenceOf) });
  }
  const byName = access.tokens.filter(({ byNameOnly }) => byNameOnly === 'unmarked').map(({ name }) => name);
  const staying = [...shared.map(({ token }) => token), ...byName];
  return {
    tokens: access.tokens
      .filter(({ isEnabled, name }) => isEnabled !== false && !staying.includes(name))
      .map(({ name }) => name),
    secrets: access.secrets
      .flatMap(({ versions }) => versions.filter(({ isEnabled }) => isEnabled))
      .map(({ name, version }) => ({ name, version })),
    shared,
    byName,
    isThere: isThere(access, reference),
    unread,
  };

  /** Read only for a token that others may use: disabling any other token affects nobody else. */
  async function sharing(token: ClientToken): Promise<SharedAccess | undefined> {
    if (!mayBeShared(token, reference, token.tags)) return undefined;
    try {
      return await readSharedAccess(tokenUsers, token, reference);
    } catch (error) {
      if (!goesOn || !(error instanceof ServiceError)) throw error;
      unread.push(`whether other clients use token ${token.name}: ${error.message}`);
      return undefined;
    }
  }
}

/**
 * Lists what a revocation would disable, in order; resources of the run in progress do not exist yet.
 * @throws ServiceError
 */
export function createRevocationDryRun(ports: Ports, tokenUsers: TokenUsers) {
  return async (
    reference: ClientReference,
    vaultHost: string | undefined,
    remembered?: OtherTokens,
  ): Promise<DryRunAnswer> => {
    const { client } = reference;
    const { tokens, secrets, shared, byName } = await readEnabledAccess(
      clientPorts(ports, vaultHost),
      tokenUsers,
      reference,
      remembered,
    );
    const write = (action: string, resource: string): PlannedWrite => ({ step: 'disable', action, resource, client });
    return {
      problems: [],
      writes: [
        ...tokens.map((token) => write('disable token', token)),
        ...shared
          .filter(({ passwords }) => passwords.length > 0)
          .map(({ token }) => write('empty the slot of our password on token', token)),
        ...secrets.map(({ name, version }) => write(`disable version ${version} of secret`, name)),
      ],
      adopts: [
        ...byName.map(keptByName),
        ...shared.flatMap(({ token, users, inCommon }) => [
          keptForOthers(token, users),
          ...(inCommon.length > 0 ? [inCommonWith(token, users)] : []),
        ]),
      ],
    };
  };
}
