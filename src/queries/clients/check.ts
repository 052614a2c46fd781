import type { Config } from '../../settings/config.js';
import { findRegistry } from '../../settings/registries.js';
import type {
  CheckFinding,
  CheckWarning,
  Difference,
  Verdict,
} from '@connected-registry/protocol/answers/clientAnswers';
import { tokenMarks, type CheckPart } from '../../domain/check/checkRun.js';
import { caseTwinWarnings, endsOf } from '../../domain/clients/caseTwins.js';
import { clientKey, referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { limitWarnings, type AssignmentCount } from '../access/assignmentCount.js';
import { createCheckAccess, type ReadsRecords } from '../access/checkAccess.js';
import { judgeClient, type Judgement } from '../../domain/check/clientJudgement.js';
import { findingFix } from '../../domain/check/findingFix.js';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { silentSince } from '../../domain/enrolment/reach.js';
import { offlineWarnings } from '../../domain/schedules/offlineTime.js';
import { whileRunning, type RunningOf } from '../../domain/operations/runningRun.js';
import { NOTHING_KNOWN } from '../../domain/clients/clientRecord.js';
import { clientVault } from '../../domain/vaults/clientVault.js';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import type { Ports } from '../../ports/ports.js';
import { eachOf } from '../eachOf.js';
import { pageOfAll, type PlacedListing } from './allVaults.js';
import { clientSecret, knownClients, type ClientSecret } from './knownClients.js';
import { createRegistryReader, type RegistryReader } from '../registry/registryReader.js';
import type { TokenUsers } from './tokenUsers.js';

/** Compares clients in Azure with their configured state. Reads only. All methods throw ServiceError. */
export interface Check {
  /** Checks the clients on some pages of the vaults. @param from from the previous part; absent for the first. */
  page(reader: RegistryReader, from?: string, runningOf?: RunningOf, records?: ReadsRecords): Promise<CheckPart>;
  /** Checks the given clients: the state of each, and warnings about their connected registries. */
  clients(
    clients: readonly ClientReference[],
    runningOf?: RunningOf,
    records?: ReadsRecords,
  ): Promise<CheckPart & { readonly warnings: readonly CheckWarning[] }>;
}

/** Pages of vaults in one part: the work of one activity. */
const PAGES_IN_A_PART = 40;

/** Maximum clients of a part that are read a second time before a difference is reported. */
const MAX_SECOND_LOOKS = 100;

/** Maximum age of facts for a second look or for given clients, in milliseconds. */
const ONE_USE = 60_000;

interface Judged extends Omit<Judgement, 'state'> {
  readonly state: Verdict;
  readonly secret: ClientSecret;
  /** The running operation of a client with a difference. */
  readonly running?: string;
}

/** For a check that does not ask which operations run. */
const NONE_KNOWN: RunningOf = async () => undefined;

/** Creates the check. @param tokenUsers finds other users of a token. @param count counts role assignments. */
export function createCheck(ports: Ports, config: Config, tokenUsers: TokenUsers, count: AssignmentCount): Check {
  const { vaults, controlPlane } = ports;
  const vaultOf = async (client: ClientReference, records: ReadsRecords | undefined): Promise<string> => {
    const key = clientKey(client);
    return clientVault(records ? await records.record(key) : NOTHING_KNOWN, key, vaults.hosts);
  };
  const checkAccess = createCheckAccess(ports.access, config);
  const freshReader = () => createRegistryReader(controlPlane, { freshFor: ONE_USE });

  async function judge(
    secrets: readonly ClientSecret[],
    reader: RegistryReader,
    records: ReadsRecords | undefined,
    look: 'first' | 'second',
  ): Promise<(Judged & Judgement)[]> {
    const now = new Date();
    const [known, access, places] = await Promise.all([
      knownClients(secrets, reader, tokenUsers),
      checkAccess(
        secrets.map(({ tags }) => referenceOf(tags)),
        records,
        look,
      ),
      eachOf(secrets, (secret) => placeDifferences(secret, records)),
    ]);
    return known.flatMap((client, index) => {
      const [secret, ofAccess, ofPlace] = [secrets[index], access[index], places[index]];
      if (!secret || !ofAccess || !ofPlace) return [];
      return [{ secret, ...judgeClient(client, now, config.allowedEndpoints, [...ofPlace, ...ofAccess]) }];
    });
  }

  /** Whether a secret is in another vault than its client's. Without records there is nothing to compare. */
  async function placeDifferences(
    { tags, vaultHost: found }: ClientSecret,
    records: ReadsRecords | undefined,
  ): Promise<Difference[]> {
    if (records === undefined) return [];
    const expected = await vaultOf(referenceOf(tags), records);
    return expected === found ? [] : [{ code: 'vault-differs', expected, found }];
  }

  /**
   * Reads clients with a difference again: vault and ARM are not read at the same instant, and a run may have changed the client
   * in between. A client that is gone by then was offboarded in the meantime.
   */
  async function lookAgain(
    judged: readonly Judged[],
    runningOf: RunningOf,
    records: ReadsRecords | undefined,
  ): Promise<Judged[]> {
    const suspects = judged.filter(({ state }) => !['ok', 'expiring', 'expired'].includes(state));
    const some = suspects.slice(0, MAX_SECOND_LOOKS);
    const before = await eachOf(some, ({ secret }) => runningOf(referenceOf(secret.tags)));
    const runs = new Map(some.map(({ secret }, index) => [placeOf(secret), before[index]]));
    const again = await eachOf(some, ({ secret: { name, vaultHost } }) => newestIn(vaultHost, name));
    const present = again.filter((secret) => secret !== undefined);
    const looked = await judge(present, freshReader(), records, 'second');
    const second = await eachOf(looked, async (item): Promise<[string, Judged]> => {
      const place = placeOf(item.secret);
      const { tags } = item.secret;
      // A run that started in the meantime also explains the difference.
      const run = runs.get(place) ?? (item.differences.length > 0 ? await runningOf(referenceOf(tags)) : undefined);
      return [place, { ...item, ...whileRunning(item, run), ...(run ? { running: run.id } : {}) }];
    });
    const byPlace = new Map(second);
    return judged.flatMap((item) => (some.includes(item) ? (byPlace.get(placeOf(item.secret)) ?? []) : [item]));
  }

  /** Judges clients, and reads those with a difference twice. Each client's record is read once, and again with the client. */
  async function judgeAll(
    secrets: readonly ClientSecret[],
    reader: RegistryReader,
    runningOf: RunningOf,
    records: ReadsRecords | undefined,
  ): Promise<Judged[]> {
    const once = records && eachRecordOnce(records);
    return withSilence(await lookAgain(await judge(secrets, reader, once, 'first'), runningOf, records), once);
  }

  /** Adds which devices were not heard of for long. Only a client that is in order otherwise is `silent`. */
  async function withSilence(judged: readonly Judged[], records: ReadsRecords | undefined): Promise<Judged[]> {
    if (records === undefined) return [...judged];
    const now = new Date();
    return eachOf(judged, async (item) => {
      const record = await records.record(clientKey(item.secret.tags));
      const found = silentSince(record, now, config.silentAfterDays);
      if (found === undefined) return item;
      const silence = {
        code: 'device-silent',
        expected: `contact within ${config.silentAfterDays} days`,
        found,
      } as const;
      const { state, differences } = item;
      return { ...item, state: state === 'ok' ? 'silent' : state, differences: [...differences, silence] };
    });
  }

  return {
    page: async (reader, from, runningOf = NONE_KNOWN, records) => {
      const { listings, next } = await somePages(from);
      const secrets = listings.map(clientSecret).filter((secret) => secret !== undefined);
      const ours = secrets.filter(({ tags }) => findRegistry(config, tags.registry) !== undefined);
      const judged = await judgeAll(ours, reader, runningOf, records);
      const references = ours.map(({ tags }) => referenceOf(tags));
      const warnings = [...caseTwinWarnings(references), ...(from === undefined ? await aboutLimit(references) : [])];
      const findings = judged
        .filter(({ state, differences }) => state !== 'ok' || differences.length > 0)
        .map(toFinding);
      return {
        counts: countsOf(judged.map(({ state }) => state)),
        findings,
        omittedFindings: 0,
        // The token of a candidate is in use, too: its run has not ended.
        tokens: tokenMarks(listings.map(({ tags }) => parseTags(tags)).filter((tags) => tags !== undefined)),
        ...(next === undefined && from === undefined ? {} : { ends: endsOf(references) }),
        ...(warnings.length === 0 ? {} : { warnings }),
        ...(next === undefined ? {} : { next }),
      };
    },

    clients: async (clients, runningOf = NONE_KNOWN, records) => {
      const reader = freshReader();
      const places = await eachOf(clients, async (client) => ({ client, vaultHost: await vaultOf(client, records) }));
      const listed = places.filter(({ vaultHost }) => vaults.hosts.includes(vaultHost));
      const secrets = await eachOf(listed, ({ client, vaultHost }) => newestIn(vaultHost, mainSecretName(client)));
      const present = secrets.filter((secret) => secret !== undefined);
      const judged = await judgeAll(present, reader, runningOf, records);
      const byKey = new Map(judged.map((item) => [item.secret.name, toFinding(item)]));
      const findings = places.map(({ client, vaultHost }): CheckFinding => {
        const found = byKey.get(clientKey(client));
        if (found) return found;
        if (vaults.hosts.includes(vaultHost)) return withFix({ ...client, state: 'absent', differences: [] });
        const difference = { code: 'vault-not-configured', expected: vaultHost } as const;
        return withFix({ ...client, state: 'unknown', differences: [difference] });
      });
      return {
        counts: countsOf(findings.map(({ state }) => state)),
        findings,
        omittedFindings: 0,
        tokens: '',
        warnings: [
          ...(await warningsFor(clients, reader)),
          ...caseTwinWarnings(clients),
          ...(await aboutLimit(clients)),
        ],
      };
    },
  };

  /** One warning for each vault: the limit is its subscription's, and no client's. */
  async function aboutLimit(clients: readonly ClientReference[]): Promise<CheckWarning[]> {
    const [first] = clients;
    if (first === undefined) return [];
    const ofEach = await eachOf(config.vaults, async ({ resourceId }) => {
      // An app that lets no device read its secrets needs no room for it.
      if (resourceId === undefined || !(await ports.access.mayAssign(resourceId))) return [];
      return limitWarnings(first, resourceId, await count(resourceId));
    });
    return ofEach.flat();
  }

  async function newestIn(vaultHost: string, name: string): Promise<ClientSecret | undefined> {
    const listing = await vaults.of(vaultHost).newest(name);
    return listing && clientSecret({ ...listing, vaultHost });
  }

  async function somePages(from: string | undefined) {
    const listings: PlacedListing[] = [];
    let next = from;
    for (let pages = 0; pages < PAGES_IN_A_PART; pages += 1) {
      const page = await pageOfAll(vaults, next);
      listings.push(...page.secrets);
      next = page.continuation;
      if (next === undefined) break;
    }
    return { listings, next };
  }

  async function warningsFor(clients: readonly ClientReference[], reader: RegistryReader): Promise<CheckWarning[]> {
    const concerned = new Set(clients.map(nameOf));
    const registries = [...new Set(clients.map(({ registry }) => registry))];
    const now = new Date();
    const warnings = await eachOf(registries, async (registry) =>
      (await reader.connectedRegistries(registry))
        .filter(({ name }) => concerned.has(nameOf({ registry, connectedRegistry: name })))
        .flatMap((facts) => offlineWarnings(registry, facts, now)),
    );
    return warnings.flat();
  }
}

/** Where a secret is: its name alone may be in several vaults. */
function placeOf({ name, vaultHost }: ClientSecret): string {
  return `${vaultHost} ${name}`;
}

function eachRecordOnce({ record }: ReadsRecords): ReadsRecords {
  const read = new Map<string, ReturnType<typeof record>>();
  return {
    record: (key) => {
      const found = read.get(key) ?? record(key);
      read.set(key, found);
      return found;
    },
  };
}

function nameOf({ registry, connectedRegistry }: Pick<ClientReference, 'registry' | 'connectedRegistry'>): string {
  return `${registry}/${connectedRegistry}`.toLowerCase();
}

function toFinding({ secret, state, differences, running }: Judged): CheckFinding {
  const { registry, connectedRegistry, client, expiresOn, token } = secret.tags;
  const finding = { registry, connectedRegistry, client, state, expiresOn, differences };
  return withFix(running === undefined ? finding : { ...finding, running }, token);
}

function withFix(finding: CheckFinding, token?: string): CheckFinding {
  const fix = findingFix(finding, token, finding.state, finding.differences);
  return fix === undefined ? finding : { ...finding, fix };
}

function countsOf(states: readonly Verdict[]): CheckPart['counts'] {
  const counts: Partial<Record<Verdict, number>> = {};
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
