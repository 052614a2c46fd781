import type { Problem } from '../domain/answers.js';
import { isKnown, type ClientRecord } from '../domain/clientRecord.js';
import type { ClientReference } from '../domain/clientKey.js';
import { candidateSecretName, mainSecretName, ownTokenNames } from '../domain/names.js';
import { nearClients } from '../domain/nearNames.js';
import { clientName } from '../domain/sharedToken.js';
import type { Ports } from '../ports/ports.js';
import { ServiceError } from '../ports/serviceError.js';
import { isBound } from './connectedRegistry.js';
import type { TokenUsers } from './tokenUsers.js';

/** A client that nothing knows, and whom may have been meant. */
export interface UnknownClient {
  /** Known clients of like names; absent where they could not be looked up. */
  readonly near?: readonly ClientReference[];
}

/**
 * Tells of a client that neither its record, the vault (a deleted secret counts, while the vault keeps it), a token's name
 * nor the client list knows. Undefined for any other, and where one of these could not be read: then nobody can say that
 * it does not exist. The cheapest source is asked first, and no more are after one that knows the client.
 */
export type FindUnknown = (client: ClientReference, record: ClientRecord) => Promise<UnknownClient | undefined>;

export function createFindUnknown(
  { controlPlane, vault }: Pick<Ports, 'controlPlane' | 'vault'>,
  tokenUsers: TokenUsers,
): FindUnknown {
  return async (client, record) => {
    if (isKnown(record)) return undefined;
    try {
      if (await isFound(client)) return undefined;
    } catch (error) {
      if (error instanceof ServiceError) return undefined;
      throw error;
    }
    return near(client);
  };

  async function isFound(client: ClientReference): Promise<boolean> {
    const { registry, connectedRegistry } = client;
    const secrets = [mainSecretName(client), candidateSecretName(client)];
    for (const name of secrets) if (await vault.newest(name)) return true;
    const names = ownTokenNames(client);
    const found = await controlPlane.getConnectedRegistry(registry, connectedRegistry);
    if (names.some((name) => isBound(found, name))) return true;
    for (const name of names) if (await controlPlane.getToken(registry, name)) return true;
    for (const name of secrets) if (await vault.tagsOfDeleted(name)) return true;
    return false;
  }

  async function near(client: ClientReference): Promise<UnknownClient> {
    try {
      return { near: nearClients(client, await tokenUsers.clients()) };
    } catch (error) {
      if (error instanceof ServiceError) return {};
      throw error;
    }
  }
}

/** What is said of an unknown client, and what to do, in words. */
export function aboutUnknown(client: ClientReference, { near }: UnknownClient): { message: string; fix: string } {
  const whom = clientName(client);
  return {
    message: `Neither the client's record, the vault, a token's name nor the client list knows ${whom}.`,
    fix: near === undefined ? `${CORRECT} Names like it could not be looked up.` : `${CORRECT} ${named(near)}`,
  };
}

const CORRECT = 'Correct connectedRegistry and client; case counts.';

function named(near: readonly ClientReference[]): string {
  return near.length === 0 ? 'No client has a name like it.' : `Names like it: ${near.map(clientName).join(', ')}.`;
}

export function unknownProblem(client: ClientReference, unknown: UnknownClient): Problem {
  return { code: 'client-unknown', field: 'client', ...aboutUnknown(client, unknown) };
}
