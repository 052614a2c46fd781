import { defaultScopeMapName, defaultTokenName } from '@connected-registry/protocol/names/names';
import { requestedRepositories } from '@connected-registry/protocol/names/repositoryActions';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { toOnboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { CREDENTIAL_LIFETIME_DAYS } from '@connected-registry/protocol/requests/lifetimes';
import { onboardingRow } from '@connected-registry/protocol/requests/rolloutRequest';
import { stringify } from 'yaml';
import { plainLine } from '../../output/plain.js';
import type { ClientFacts } from '../world/clientFacts.js';
import { API_VERSION, type FleetClient } from './fleetSchema.js';

/** A fleet file of what exists, and the clients that no file can have, with the reason. */
export interface ExportedFleet {
  readonly text: string;
  readonly left: readonly { readonly name: string; readonly reason: string }[];
}

/** Fields that are moved to the defaults of a connected registry if all its clients have the same. */
const SHARED = ['repositories', 'credentialLifetimeDays', 'endpoint'] as const;

/** @param world clients with everything that the API says of each */
export function exportFleet(world: readonly ClientFacts[]): ExportedFleet {
  const rows: FleetRow[] = [];
  const left: { name: string; reason: string }[] = [];
  const tokens = new Set<string>();
  for (const facts of world) {
    const { registry, connectedRegistry, client: id } = facts.reference;
    const place = `${registry}/${connectedRegistry}`;
    const found = clientOf(facts);
    if (typeof found === 'string') {
      left.push({ name: plainLine(`${place}/${id}`), reason: found });
      continue;
    }
    const token = `${registry} ${found.token}`.toLowerCase();
    const { token: _shared, ...withoutToken } = found;
    // A file names a token once. What it does not name stays as it is, also a token that two clients share.
    const client = found.token !== undefined && tokens.has(token) ? withoutToken : found;
    tokens.add(token);
    rows.push({ place, client });
  }
  return { text: fleetText(rows, left), left };
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

/** The client as the file has it, or why it cannot. */
function clientOf(facts: ClientFacts): FleetClient | string {
  const { reference, actions, scopeMap, token, endpoint, lifetimeDays, identity, image } = facts;
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
    ...(sameName(scopeMap, defaultScopeMapName(permissions)) ? {} : { scopeMap }),
    ...(sameName(token, defaultTokenName(reference)) ? {} : { token }),
  };
}
