import { isKnown, type ClientRecord } from '../../domain/clients/clientRecord.js';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { candidateSecretName, defaultTokenName, mainSecretName } from '@connected-registry/protocol/names/names';
import { nearClients } from '../../domain/clients/nearNames.js';
import type { UnknownClient } from '../../domain/clients/unknownClient.js';
import { clientVault } from '../../domain/vaults/clientVault.js';
import type { Ports } from '../../ports/ports.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { isBound } from '../registry/connectedRegistry.js';
import type { TokenUsers } from './tokenUsers.js';

/**
 * Recognizes a client that does not exist: no trace in its record, the vault (a deleted secret counts, while the vault
 * keeps it), the client list, or a token of its default name. The cheapest source is read first, until one knows the
 * client.
 *
 * @returns undefined for a client that one of them knows, and when one cannot be read: its existence is then unknown.
 */
export type FindUnknown = (client: ClientReference, record: ClientRecord) => Promise<UnknownClient | undefined>;

/** Creates the search for unknown clients. @param findNear finds clients with similar names. */
export function createFindUnknown(
  { controlPlane, vaults }: Pick<Ports, 'controlPlane' | 'vaults'>,
  findNear: FindNear,
): FindUnknown {
  return async (client, record) => {
    if (isKnown(record)) return undefined;
    try {
      if (await isFound(client, record)) return undefined;
    } catch (error) {
      if (error instanceof ServiceError) return undefined;
      throw error;
    }
    return findNear(client);
  };

  async function isFound(client: ClientReference, record: ClientRecord): Promise<boolean> {
    const vault = vaults.of(clientVault(record, clientKey(client), vaults.hosts));
    const { registry, connectedRegistry } = client;
    const secrets = [mainSecretName(client), candidateSecretName(client)];
    for (const name of secrets) if (await vault.newest(name)) return true;
    const token = defaultTokenName(client);
    const found = await controlPlane.getConnectedRegistry(registry, connectedRegistry);
    if (isBound(found, token)) return true;
    if (await controlPlane.getToken(registry, token)) return true;
    for (const name of secrets) if (await vault.tagsOfDeleted(name)) return true;
    return false;
  }
}

/** Finds known clients whose names are similar to that of an unknown one. */
export type FindNear = (client: ClientReference) => Promise<UnknownClient>;

/** When the vault cannot be read there are no similar names: the caller is answered without them. */
export function createFindNear(tokenUsers: TokenUsers): FindNear {
  return async (client) => {
    try {
      return { near: nearClients(client, await tokenUsers.clients()) };
    } catch (error) {
      if (error instanceof ServiceError) return {};
      throw error;
    }
  };
}
