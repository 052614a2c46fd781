import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { hasGatewayActions } from '@connected-registry/protocol/names/permissions';
import type { FleetConnectedRegistry } from '@connected-registry/protocol/answers/fleetAnswers';
import { judgeClient } from '../../domain/check/clientJudgement.js';
import { NOTHING_KNOWN } from '../../domain/clients/clientRecord.js';
import { connectedRegistryView } from '../../domain/fleet/connectedRegistryView.js';
import type { FleetClient, FleetFacts } from '../../domain/fleet/fleetFacts.js';
import { rotationTimes } from '../../domain/rotation/rotationDue.js';
import type { Ports } from '../../ports/ports.js';
import type { Config } from '../../settings/config.js';
import { findRegistry } from '../../settings/registries.js';
import { eachOf } from '../eachOf.js';
import { pagesOf } from '../pagesOf.js';
import type { PlacedListing } from '../clients/allVaults.js';
import { clientSecret, knownClients, type ClientSecret } from '../clients/knownClients.js';
import { newestSecrets, placeText, secondLook } from '../clients/secondLook.js';
import { createTokenUsers } from '../clients/tokenUsers.js';
import { createRegistryReader, type RegistryReader } from '../registry/registryReader.js';
import { listedVaults } from './listedVaults.js';

/**
 * Reads all clients and connected registries: every page of the vaults, three listings of each registry, and once more
 * what seems wrong. @param before the last reading @throws ServiceError
 */
export type ReadFleet = (before: FleetFacts | undefined) => Promise<FleetFacts>;

/** Creates the reading. */
export function createReadFleet({ vaults, controlPlane }: Ports, config: Config): ReadFleet {
  const newReader = () => createRegistryReader(controlPlane, { freshFor: Number.POSITIVE_INFINITY, all: true });

  /** @param listings what was found in the vaults, by which users of a token are found without another listing */
  async function judged(
    secrets: readonly ClientSecret[],
    reader: RegistryReader,
    listings: readonly PlacedListing[],
  ): Promise<FleetClient[]> {
    const now = new Date();
    const known = await knownClients(secrets, reader, createTokenUsers(listedVaults(vaults, listings)));
    return known.map((client) =>
      toClient(client.tags, client.vaultHost, judgeClient(client, now, config.allowedEndpoints, [])),
    );
  }

  function toClient(tags: ClientSecret['tags'], vaultHost: string, judgement: FleetClient['judgement']): FleetClient {
    const { registry, connectedRegistry, client, slot, issued, expiresOn, pull, revokeOld } = tags;
    const { dueAt } = rotationTimes(tags, NOTHING_KNOWN, config.rotation);
    const row = {
      key: clientKey(tags),
      registry,
      connectedRegistry,
      client,
      slot,
      issuedAt: issued.slotCreatedAt,
      ...(pull ? { verifiedAt: pull.verifiedAt } : {}),
      expiresOn,
      rotationDueAt: dueAt.toISOString(),
      ...(revokeOld ? { revokes: { slot: revokeOld.slot, from: revokeOld.from } } : {}),
    };
    return { row, judgement, vaultHost };
  }

  /** Reads clients that seem wrong again. One that seemed wrong in the same way before is believed. */
  async function withSecondLook(
    found: readonly FleetClient[],
    before: FleetFacts | undefined,
    listings: readonly PlacedListing[],
  ): Promise<readonly FleetClient[]> {
    const known = new Map(before?.clients.map((client) => [placeText(placeOf(client)), likenessOf(client)]));
    return secondLook(found, {
      isSuspect: (client) =>
        client.judgement.differences.length > 0 && known.get(placeText(placeOf(client))) !== likenessOf(client),
      placeOf,
      readAgain: async (suspects) => {
        const secrets = await newestSecrets(vaults, suspects.map(placeOf));
        return judged(secrets, createRegistryReader(controlPlane, { freshFor: Number.POSITIVE_INFINITY }), listings);
      },
    });
  }

  return async (before) => {
    const from = new Date();
    const listings = await allListings();
    const secrets = listings
      .map(clientSecret)
      .filter((secret) => secret !== undefined)
      .filter(({ tags }) => findRegistry(config, tags.registry) !== undefined);
    const reader = newReader();
    const first = await judged(secrets, reader, listings);
    const connectedRegistries = await eachOf(config.registries, ({ name }) => connectedRegistriesOf(name, reader));
    const clients = await withSecondLook(first, before, listings);
    return {
      from,
      to: new Date(),
      clients: onePerKey(clients).toSorted((left, right) => (left.row.key < right.row.key ? -1 : 1)),
      connectedRegistries: connectedRegistries.flat().toSorted(byName),
    };
  };

  async function allListings(): Promise<PlacedListing[]> {
    const found = await eachOf(vaults.hosts, async (vaultHost) => {
      const listings: PlacedListing[] = [];
      for await (const page of pagesOf((continuation) => vaults.of(vaultHost).page(continuation)))
        for (const listing of page.secrets) listings.push({ ...listing, vaultHost });
      return listings;
    });
    return found.flat();
  }

  async function connectedRegistriesOf(registry: string, reader: RegistryReader): Promise<FleetConnectedRegistry[]> {
    const all = await reader.connectedRegistries(registry);
    // The listings are at hand: they were read for the clients, or hold at least the sync tokens.
    const [tokens, scopeMaps] =
      all.length === 0 ? [] : await Promise.all([reader.tokens(registry, []), reader.scopeMaps(registry, [])]);
    const now = new Date();
    return all.map((item) => {
      const token = item.syncToken === undefined ? undefined : tokens?.get(item.syncToken.toLowerCase());
      const map = token && scopeMaps?.get(token.scopeMap.toLowerCase());
      const syncActions = map?.actions.filter((action) => !hasGatewayActions([action]));
      const cap = config.caps.clientsPerConnectedRegistry;
      return connectedRegistryView(item, { registry, all, cap, now, ...(syncActions ? { syncActions } : {}) });
    });
  }
}

/** A client's key is the name of its main secret. */
function placeOf({ row, vaultHost }: FleetClient): Pick<ClientSecret, 'name' | 'vaultHost'> {
  return { name: row.key, vaultHost };
}

/** Equal for a client that has the same credential and the same differences. */
function likenessOf({ row, judgement }: FleetClient): string {
  return JSON.stringify([row.slot, row.issuedAt, judgement.differences]);
}

/** Of a client with secrets in several vaults, the one that was issued last: a check reports the others. */
function onePerKey(clients: readonly FleetClient[]): FleetClient[] {
  const byKey = new Map<string, FleetClient>();
  for (const client of clients) {
    const known = byKey.get(client.row.key);
    if (known === undefined || known.row.issuedAt < client.row.issuedAt) byKey.set(client.row.key, client);
  }
  return [...byKey.values()];
}

function byName(left: FleetConnectedRegistry, right: FleetConnectedRegistry): number {
  return nameOf(left) < nameOf(right) ? -1 : 1;
}

function nameOf({ registry, name }: FleetConnectedRegistry): string {
  return `${registry} ${name}`.toLowerCase();
}
