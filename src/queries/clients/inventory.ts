import type { Config } from '../../settings/config.js';
import { findRegistry } from '../../settings/registries.js';
import type { ClientPage, ClientState, ClientView } from '@connected-registry/protocol/answers/clientAnswers';
import { clientKey, referenceOf } from '@connected-registry/protocol/names/clientKey';
import { judgeClient, type KnownClient } from '../../domain/check/clientJudgement.js';
import { whileRunning, type RunningOf } from '../../domain/operations/runningRun.js';
import type { Ports } from '../../ports/ports.js';
import { eachOf } from '../eachOf.js';
import { clientSecret, isBoundAsTagged, knownClients, type ClientSecret } from './knownClients.js';
import { newestInAny, pageOfAll } from './allVaults.js';
import { createRegistryReader, type RegistryReader } from '../registry/registryReader.js';
import type { TokenUsers } from './tokenUsers.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** Selects clients. Names of registries ignore case; names of clients do not. */
interface ClientFilter {
  readonly registry?: string;
  readonly connectedRegistry?: string;
  readonly client?: string;
  readonly state?: ClientState;
  /** ISO 8601. */
  readonly expiresBefore?: string;
}

/** The start of a page: a page of a vault, and the number of its secrets to skip. */
export interface ClientPlace {
  readonly vaultPage?: string;
  readonly skip: number;
}

type FoundClients = Omit<ClientPage, 'continuation'> & { readonly next?: ClientPlace };

/** Lists clients that have a credential. Reads only. All methods throw ServiceError. */
export interface Inventory {
  /** @param runningOf finds the running operation of a client, which may explain a difference. */
  clients(filter: ClientFilter, top: number, from?: ClientPlace, runningOf?: RunningOf): Promise<FoundClients>;
  /** @param vaultHost host of the vault that has the client's secrets, by its record. */
  client(key: string, vaultHost: string, runningOf?: RunningOf): Promise<ClientView | undefined>;
}

/** Maximum age of connected registries and scope maps, in milliseconds. */
const FRESH_FOR = 60_000;

/** Differences that a minute-old listing may report wrongly: they are confirmed by a fresh read. */
const DOUBTFUL: readonly ClientState[] = ['unbound', 'drifted', 'orphaned', 'revoked'];

/**
 * Maximum pages of vaults that one request reads: a filter that matches few clients gives short pages, not a long wait.
 */
const MAX_VAULT_PAGES = 40;

/** Maximum scope map actions shown in a list; the client's own page shows all. */
const ACTIONS_IN_A_LIST = 20;

/** Creates the inventory. @param tokenUsers finds other users of a token. */
export function createInventory({ vaults, controlPlane }: Ports, config: Config, tokenUsers: TokenUsers): Inventory {
  const reader = createRegistryReader(controlPlane, { freshFor: FRESH_FOR });

  async function views(
    secrets: readonly ClientSecret[],
    maxActions: number,
    runningOf: RunningOf = async () => undefined,
  ): Promise<ClientView[]> {
    const first = await viewsBy(reader, secrets, maxActions);
    // A client that has just been onboarded must not be reported as unbound because of an older read.
    const suspects = first.flatMap(({ state }, index) => {
      const secret = secrets[index];
      return secret && DOUBTFUL.includes(state) ? [secret] : [];
    });
    const before = await eachOf(suspects, ({ tags }) => runningOf(referenceOf(tags)));
    const fresh = createRegistryReader(controlPlane, { freshFor: FRESH_FOR });
    const looked = await viewsBy(fresh, suspects, maxActions);
    const again = await eachOf(
      looked.map((view, index) => ({ view, known: before[index] })),
      async ({ view, known }) => {
        const run = known ?? (view.differences.length > 0 ? await runningOf(referenceOf(view)) : undefined);
        return { ...view, ...whileRunning(view, run) };
      },
    );
    const seen = new Map(again.map((view) => [`${view.key} ${view.vault}`, view]));
    return first.map((view) => seen.get(`${view.key} ${view.vault}`) ?? view);
  }

  async function viewsBy(by: RegistryReader, secrets: readonly ClientSecret[], maxActions: number) {
    const now = new Date();
    const known = await knownClients(secrets, by, tokenUsers);
    return known.map((client) => toView(client, now, config.allowedEndpoints, maxActions));
  }

  /** Selects clients of the registries in the settings: other apps may share the vault. */
  const isOurs = (secret: ClientSecret | undefined): secret is ClientSecret =>
    secret !== undefined && findRegistry(config, secret.tags.registry) !== undefined;

  return {
    clients: async (filter, top, from, runningOf) => {
      const { secrets, next } =
        filter.client === undefined
          ? await walk(filter, top, from ?? { skip: 0 })
          : { secrets: await ofOneName({ ...filter, client: filter.client }), next: undefined };
      const found = await views(secrets, ACTIONS_IN_A_LIST, runningOf);
      const clients = found.filter(({ state }) => filter.state === undefined || state === filter.state);
      return { clients, ...(next ? { next } : {}) };
    },

    client: async (key, vaultHost, runningOf) => {
      const listing = await vaults.of(vaultHost).newest(key);
      const secret = listing && clientSecret({ ...listing, vaultHost });
      if (!isOurs(secret)) return undefined;
      const [view] = await views([secret], Number.POSITIVE_INFINITY, runningOf);
      return view;
    },
  };

  /** Reads pages of the vaults until the page is full. */
  async function walk(filter: ClientFilter, top: number, from: ClientPlace) {
    const secrets: ClientSecret[] = [];
    let place = from;
    for (let pages = 0; pages < MAX_VAULT_PAGES; pages += 1) {
      const page = await pageOfAll(vaults, place.vaultPage);
      for (const [index, listing] of page.secrets.entries()) {
        if (index < place.skip) continue;
        if (secrets.length === top) return { secrets, next: { ...place, skip: index } };
        const secret = clientSecret(listing);
        if (isOurs(secret) && fits(secret, filter)) secrets.push(secret);
      }
      if (page.continuation === undefined) return { secrets, next: undefined };
      place = { vaultPage: page.continuation, skip: 0 };
    }
    return { secrets, next: place };
  }

  /** A client's secret has a computed name: one read for each connected registry and vault finds it. */
  async function ofOneName(filter: ClientFilter & { readonly client: string }): Promise<ClientSecret[]> {
    const registries = config.registries
      .map(({ name }) => name)
      .filter((name) => filter.registry === undefined || sameName(name, filter.registry));
    const named = await eachOf(registries, async (registry) => {
      const connectedRegistries =
        filter.connectedRegistry === undefined
          ? (await reader.connectedRegistries(registry)).map(({ name }) => name)
          : [filter.connectedRegistry];
      return connectedRegistries.map((connectedRegistry) => ({ registry, connectedRegistry, client: filter.client }));
    });
    const listings = await eachOf(named.flat(), (reference) => newestInAny(vaults, clientKey(reference)));
    return listings
      .flat()
      .map(clientSecret)
      .filter((secret) => isOurs(secret))
      .filter((secret) => fits(secret, filter));
  }
}

function fits({ tags }: ClientSecret, filter: ClientFilter): boolean {
  const { registry, connectedRegistry, client, expiresBefore } = filter;
  return (
    (registry === undefined || sameName(tags.registry, registry)) &&
    (connectedRegistry === undefined || sameName(tags.connectedRegistry, connectedRegistry)) &&
    (client === undefined || tags.client === client) &&
    (expiresBefore === undefined || new Date(tags.expiresOn) < new Date(expiresBefore))
  );
}

function toView(known: KnownClient, now: Date, allowedEndpoints: readonly string[], maxActions: number): ClientView {
  const { tags, vaultHost, actions = [], secretIsEnabled } = known;
  const { registry, connectedRegistry, client, token, scopeMap, slot, expiresOn, issued, pull } = tags;
  const key = clientKey(tags);
  return {
    key,
    registry,
    connectedRegistry,
    client,
    ...judgeClient(known, now, allowedEndpoints, []),
    token,
    scopeMap: { name: scopeMap, actions: actions.slice(0, maxActions), actionCount: actions.length },
    slot,
    issuedAt: issued.slotCreatedAt,
    expiresOn,
    bound: isBoundAsTagged(known),
    ...(issued.endpoint === undefined ? {} : { endpoint: issued.endpoint }),
    vault: vaultHost,
    secret: { name: key, isEnabled: secretIsEnabled },
    ...(pull ? { pull } : {}),
  };
}
