import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { fieldIssues, helpFor, type FieldIssue } from '@connected-registry/protocol/requests/fieldIssues';
import {
  ONBOARDING_FIELDS,
  toOnboarding,
  type Onboarding,
} from '@connected-registry/protocol/requests/onboardingRequest';
import { onboardingRow } from '@connected-registry/protocol/requests/rolloutRequest';
import type { z } from 'zod';
import { readClientsCsv } from './clientsCsv.js';
import { CLIENT_FORM, FLEET_FIELDS, fleetFile, type ClientDefaults, type FleetFile } from './fleetSchema.js';
import { notRead } from './yamlNames.js';
import type { YamlSource } from './yamlSource.js';

/** The fields of an onboarding, as the API takes them in a row of a rollout. */
export type OnboardingRow = z.infer<typeof onboardingRow>;

/** A client as the file has it, with all defaults. */
export interface DesiredClient {
  readonly key: string;
  readonly reference: ClientReference;
  /** Only fields that the file names. */
  readonly row: OnboardingRow;
  /** The same with the app's own rules for what is not named. */
  readonly onboarding: Onboarding;
  /** Where it stands: `fleet.yaml:12:7`. */
  readonly place: string;
}

export type Scope = Pick<ClientReference, 'registry' | 'connectedRegistry'>;

export interface DesiredFleet {
  readonly clients: readonly DesiredClient[];
  /** The connected registries that the file names. Clients of others are not looked at, and never removed. */
  readonly scopes: readonly Scope[];
  readonly rollout: NonNullable<FleetFile['rollout']>;
}

/** What is needed beside the text. */
export interface FleetPlace {
  /** The folder of the file, for CSV files. */
  readonly folder: string;
  /** Registry of connected registries that are named without one. */
  readonly registry: string | undefined;
}

export type ReadFleet = { readonly fleet: DesiredFleet } | { readonly faults: readonly string[] };

/** Reads a fleet file. Every fault has its line and column, and says what is required. */
export async function desiredFleet(source: YamlSource, { folder, registry }: FleetPlace): Promise<ReadFleet> {
  const parsed = fleetFile.safeParse(source.value, { reportInput: true });
  if (!parsed.success)
    return {
      faults: fieldIssues(parsed.error).flatMap((issue) => [
        ...faultLines(issue, (path) => placeIn(source, path, issue)),
        ...quotesFor(source, issue),
      ]),
    };
  const { defaults, connectedRegistries, rollout } = parsed.data;
  const { registry: ofFile, ...shared } = defaults === undefined ? {} : defaults;
  const faults: string[] = [];
  const scopes = new Map<string, Scope>();
  const clients: DesiredClient[] = [];
  const keys = new Map<string, string>();
  const tokens = new Map<string, string>();
  for (const [name, group] of inOrder(connectedRegistries, source.namesAt(['connectedRegistries']))) {
    const path = ['connectedRegistries', name];
    const scope = scopeOf(name, ofFile === undefined ? registry : ofFile);
    if (!scope) {
      faults.push(
        `${source.atKey(['connectedRegistries'], name)}: ${name} has no registry`,
        `  Write REGISTRY/${name}, set defaults.registry in the file, or give --registry.`,
      );
      continue;
    }
    if (!isNew(scopes, `${scope.registry}/${scope.connectedRegistry}`.toLowerCase(), scope)) {
      faults.push(`${source.atKey(['connectedRegistries'], name)}: ${name} is named twice`);
      continue;
    }
    const { rows, faults: ofRows } = await rowsOf(source, path, group.clients, folder);
    faults.push(...ofRows);
    for (const { fields, place, placeOf } of rows) {
      const merged = onboardingRow.safeParse(mergedRow(scope, shared, group.defaults, fields), { reportInput: true });
      if (!merged.success) {
        faults.push(...fieldIssues(merged.error).flatMap((issue) => faultLines(issue, placeOf)));
        continue;
      }
      const onboarding = toOnboarding(merged.data, scope.registry);
      const reference = { ...scope, client: merged.data.client };
      const key = clientKey(reference);
      if (!isNew(keys, key, place)) {
        faults.push(`${place}: ${reference.client} is named twice, first at ${keys.get(key)}`);
        continue;
      }
      const token = `${scope.registry} ${onboarding.token}`.toLowerCase();
      if (!isNew(tokens, token, place))
        faults.push(`${place}: token ${onboarding.token} is that of another client, at ${tokens.get(token)}`);
      clients.push({ key, reference, row: merged.data, onboarding, place });
    }
  }
  if (faults.length > 0) return { faults };
  return { fleet: { clients, scopes: [...scopes.values()], rollout: rollout === undefined ? {} : rollout } };
}

/** The fields of an object in an order. Those that it does not have come last, such as merged ones. */
function inOrder<Value>(fields: Readonly<Record<string, Value>>, order: readonly string[]): [string, Value][] {
  const places = new Map(order.map((name, index) => [name, index]));
  const placeOf = ([name]: [string, Value]): number => places.get(name) ?? order.length;
  return Object.entries(fields).toSorted((left, right) => placeOf(left) - placeOf(right));
}

/** `NAME` or `REGISTRY/NAME`. */
function scopeOf(name: string, registry: string | undefined): Scope | undefined {
  const [first = '', second] = name.split('/');
  if (second !== undefined) return { registry: first, connectedRegistry: second };
  return registry === undefined ? undefined : { registry, connectedRegistry: first };
}

function mergedRow(
  scope: Scope,
  shared: ClientDefaults,
  own: ClientDefaults | undefined,
  fields: object,
): Record<string, unknown> {
  return { ...shared, ...own, ...fields, ...scope };
}

interface SourceRow {
  readonly fields: object;
  readonly place: string;
  /** Where a field of it stands. */
  readonly placeOf: (path: readonly PropertyKey[]) => string;
}

type Clients = FleetFile['connectedRegistries'][string]['clients'];

async function rowsOf(
  source: YamlSource,
  path: readonly PropertyKey[],
  clients: Clients,
  folder: string,
): Promise<{ readonly rows: readonly SourceRow[]; readonly faults: readonly string[] }> {
  if (!Array.isArray(clients)) {
    const { rows, faults } = await readClientsCsv(folder, clients.csv);
    return { rows: rows.map((row) => ({ ...row, placeOf: () => row.place })), faults };
  }
  return {
    rows: clients.map((client, index) => {
      const own = [...path, 'clients', index];
      return {
        fields: typeof client === 'string' ? { client } : client,
        place: source.at(own),
        placeOf: (field: readonly PropertyKey[]) => source.at([...own, ...field]),
      };
    }),
    faults: [],
  };
}

function placeIn(source: YamlSource, path: readonly PropertyKey[], { keys }: FieldIssue): string {
  const [unknown] = keys === undefined ? [] : keys;
  return unknown === undefined ? source.at(path) : source.atKey(path, unknown);
}

const HELP: Readonly<Record<string, string>> = { ...ONBOARDING_FIELDS, ...FLEET_FIELDS };

/** Faults of texts that YAML reads as something else. */
const NO_TEXT: readonly string[] = ['must be a text', CLIENT_FORM];

/** What to write where a text needs quotes. */
function quotesFor(source: YamlSource, { path, message }: FieldIssue): string[] {
  const written = NO_TEXT.includes(message) ? source.unquotedAt(path) : undefined;
  return written === undefined ? [] : [`  ${notRead(written)}`];
}

/** Place, field and reason; and below it the required form, if there is one. */
function faultLines(issue: FieldIssue, placeOf: (path: readonly PropertyKey[]) => string): string[] {
  const { path, message, keys } = issue;
  const field = path.map(String).join('.');
  const place = placeOf(path);
  if (keys !== undefined)
    return [
      `${place}: ${field === '' ? '' : `${field} has `}no field ${keys.join(', ')} ${field === '' ? 'exists in a fleet file' : ''}`.trimEnd(),
    ];
  const help = helpFor(path, HELP);
  return [`${place}: ${field === '' ? 'the file' : field} ${message}`, ...(help ? [`  It must be ${help.text}.`] : [])];
}

function isNew<T>(seen: Map<string, T>, key: string, value: T): boolean {
  if (seen.has(key)) return false;
  seen.set(key, value);
  return true;
}
