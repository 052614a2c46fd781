import { defaultScopeMapName } from '@connected-registry/protocol/names/names';
import { requestedRepositories } from '@connected-registry/protocol/names/repositoryActions';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { toOnboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { CREDENTIAL_LIFETIME_DAYS } from '@connected-registry/protocol/requests/lifetimes';
import { onboardingRow } from '@connected-registry/protocol/requests/rolloutRequest';
import { stringify } from 'yaml';
import { plainLine } from '../../output/plain.js';
import type { ClientFacts } from '../world/clientFacts.js';
import { namingTokens } from './exportedTokens.js';
import { API_VERSION, type FleetClient } from './fleetSchema.js';

/** A fleet file of what exists, and the clients that no file can have, with the reason. */
export interface ExportedFleet {
  readonly text: string;
  readonly left: readonly { readonly name: string; readonly reason: string }[];
}

/** Fields that are moved to the defaults of a connected registry if all its clients have the same. */
const SHARED = ['repositories', 'credentialLifetimeDays', 'endpoint'] as const;

/**
 * Names that a request may have. Others, such as those of system-defined scope maps, are left out, and stay as they
 * are.
 */
const mayName = onboardingRow.shape;

/** @param world clients with everything that the API says of each */
export function exportFleet(world: readonly ClientFacts[]): ExportedFleet {
  const found = world.map((facts) => ({ ...facts, client: clientOf(facts) }));
  const fitting = found.flatMap(({ client, ...facts }) => (typeof client === 'string' ? [] : [{ ...facts, client }]));
  const naming = namingTokens(fitting);
  const rows = fitting.map((one): FleetRow => {
    const { reference, token, client } = one;
    return {
      place: placeOf(reference),
      client: naming.has(one) ? { ...client, token } : client,
    };
  });
  const left = found.flatMap(({ reference, client }) =>
    typeof client === 'string'
      ? [{ name: plainLine(`${placeOf(reference)}/${reference.client}`), reason: client }]
      : [],
  );
  return { text: fleetText(rows, left), left };
}

function placeOf({ registry, connectedRegistry }: ClientFacts['reference']): string {
  return `${registry}/${connectedRegistry}`;
}

/** A client of a fleet file. `place`: `REGISTRY/NAME`. */
export interface FleetRow {
  readonly place: string;
  readonly client: FleetClient;
}

/** What editors read of a fleet file, and how its reader gets the schema. */
const FOR_EDITORS = `# yaml-language-server: $schema=fleet.schema.json
# Editors find the schema beside this file: crctl schema > fleet.schema.json
`;

/** The text of a fleet file. @param left what it lacks, each named in a comment */
export function fleetText(rows: readonly FleetRow[], left: ExportedFleet['left']): string {
  const groups = new Map<string, { readonly place: string; readonly clients: FleetClient[] }>();
  for (const { place, client } of rows) {
    const group = groups.get(place.toLowerCase());
    if (group) group.clients.push(client);
    else groups.set(place.toLowerCase(), { place, clients: [client] });
  }
  const file = {
    apiVersion: API_VERSION,
    kind: 'Fleet',
    connectedRegistries: Object.fromEntries(
      [...groups.values()].map(({ place, clients }) => [place, grouped(clients)]),
    ),
  };
  const comments = left.map(({ name, reason }) => `# Left out: ${name}: ${reason}\n`);
  return `${FOR_EDITORS}${comments.join('')}${stringify(file, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

function grouped(clients: readonly FleetClient[]): object {
  const shared = SHARED.filter((field) => new Set(clients.map((one) => JSON.stringify(one[field]) ?? '')).size === 1);
  const [first] = clients;
  const defaults = Object.fromEntries(
    shared.flatMap((field) => (first?.[field] === undefined ? [] : [[field, first[field]]])),
  );
  return {
    ...(Object.keys(defaults).length > 0 ? { defaults } : {}),
    clients: clients.map((one) => {
      const own = Object.entries(one).filter(([field]) => !shared.some((name) => name === field));
      return own.length === 1 ? one.client : Object.fromEntries(own);
    }),
  };
}

/** The client as the file has it, but for its token; or why it cannot. */
function clientOf(facts: ClientFacts): FleetClient | string {
  const { reference, actions, scopeMap, endpoint, lifetimeDays, identity, image } = facts;
  const repositories = actions === undefined ? undefined : requestedRepositories(actions);
  if (repositories === undefined) return 'what its scope map grants is missing, or no request can ask for it';
  const { min, max } = CREDENTIAL_LIFETIME_DAYS;
  const fields = {
    client: reference.client,
    repositories,
    ...(lifetimeDays >= min && lifetimeDays <= max ? { credentialLifetimeDays: lifetimeDays } : {}),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(identity === undefined || identity === 'none' ? {} : { identity }),
  };
  const row = [fields, { ...fields, image }].map((one) => onboardingRow.safeParse({ ...reference, ...one }));
  const [index, parsed] = [...row.entries()].find(([, one]) => one.success) ?? [];
  if (parsed?.success !== true) return 'its names or rights are none that a request may have';
  const { permissions } = toOnboarding(parsed.data, reference.registry);
  return {
    ...fields,
    ...(index === 1 && image !== undefined ? { image } : {}),
    ...(sameName(scopeMap, defaultScopeMapName(permissions)) || !mayName.scopeMap.safeParse(scopeMap).success
      ? {}
      : { scopeMap }),
  };
}
