import { shortHash } from '@connected-registry/protocol/names/clientKey';
import type { SecretListing, SecretVault } from '../../ports/secretVault.js';
import type { Vaults } from '../../ports/vaults.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { resourceName } from '../../serviceErrors/serviceFacts.js';
import { eachOf } from '../eachOf.js';

/** A secret, and the vault in which it was found. */
export interface PlacedListing extends SecretListing {
  readonly vaultHost: string;
}

interface PageOfAll {
  readonly secrets: readonly PlacedListing[];
  /** Absent on the last page of the last vault. It names no host. */
  readonly continuation?: string;
}

/** The vaults, of which only listings and single secrets are read. */
export interface ReadVaults extends Pick<Vaults, 'hosts'> {
  of(host: string | undefined): Pick<SecretVault, 'page' | 'newest'>;
}

/** The form of continuations: a vault's own, behind the mark of the vault unless it is the first. */
export const CONTINUATION = /^(?<mark>[0-9a-f]{8})?(?<query>\?.*)?$/s;

/**
 * Reads one page of the secrets of all vaults, one vault after the other, each secret with its newest version. A page
 * may be empty although more follow.
 *
 * @param continuation from the previous page; absent for the first. It stays valid when a vault is added.
 * @throws ServiceError, of kind `refused` for a continuation of a vault that the settings no longer list
 */
export async function pageOfAll(vaults: ReadVaults, continuation?: string): Promise<PageOfAll> {
  const { index, query } = placeOf(vaults.hosts, continuation);
  const host = vaults.hosts[index];
  if (host === undefined) throw endedContinuation();
  const page = await vaults.of(host).page(query);
  const next = vaults.hosts[index + 1];
  const mark = index === 0 ? '' : markOf(host);
  const rest = page.continuation === undefined ? next && markOf(next) : `${mark}${page.continuation}`;
  return {
    secrets: page.secrets.map((secret) => ({ ...secret, vaultHost: host })),
    ...(rest === undefined ? {} : { continuation: rest }),
  };
}

/**
 * Reads the secret of this name in each vault that has one. For names of which no record says where they are.
 * @throws ServiceError
 */
export async function newestInAny(vaults: ReadVaults, name: string): Promise<PlacedListing[]> {
  const found = await eachOf(vaults.hosts, async (vaultHost) => {
    const listing = await vaults.of(vaultHost).newest(name);
    return listing ? [{ ...listing, vaultHost }] : [];
  });
  return found.flat();
}

function placeOf(hosts: readonly string[], continuation: string | undefined) {
  if (continuation === undefined) return { index: 0, query: undefined };
  const groups = CONTINUATION.exec(continuation)?.groups;
  const [mark, query] = [groups?.['mark'], groups?.['query']];
  const index = mark === undefined ? 0 : hosts.findIndex((host) => markOf(host) === mark);
  return { index, query };
}

/** Stands for a vault in a continuation. */
function markOf(host: string): string {
  return shortHash(['vault', host], 8);
}

function endedContinuation(): ServiceError {
  return new ServiceError({
    kind: 'refused',
    operation: 'list secrets of',
    resource: resourceName('vaults'),
    detail: 'vault-not-configured',
  });
}
