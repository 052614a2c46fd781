import { tokenLookup, type CheckPart, type RegistryFindings } from '../../domain/check/checkRun.js';
import type { CheckFinding, CheckResult, CheckWarning } from '@connected-registry/protocol/answers/clientAnswers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { logEvent } from '../../audit/audit.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { Ports } from '../../ports/ports.js';
import type { Runs } from '../../ports/runs.js';
import { createFindUnlisted, leftOvers } from '../../queries/clients/leftOvers.js';
import type { ReadsClaims } from '../../queries/clients/unmanagedTokens.js';
import type { Queries } from '../../queries/queries.js';
import { createRegistryReader, type RegistryReader } from '../../queries/registry/registryReader.js';

/**
 * Maximum age, in milliseconds, of registry data in a check of all clients. The check reads clients with findings
 * again.
 */
const SNAPSHOT_MAX_AGE = 10 * 60_000;

/**
 * The activities of a check. Each reads one part, and the engine keeps its result. Registry data stay in memory between
 * the parts of a run; another process that continues the run reads them again.
 */
export function checkActivities(
  { controlPlane, vaults }: Pick<Ports, 'controlPlane' | 'vaults'>,
  { check, unmanaged }: Pick<Queries, 'check' | 'unmanaged'>,
) {
  let snapshot: { readonly run: string; readonly reader: RegistryReader } | undefined;
  const readerOf = (run: string): RegistryReader => {
    if (snapshot?.run !== run)
      snapshot = { run, reader: createRegistryReader(controlPlane, { freshFor: SNAPSHOT_MAX_AGE, all: true }) };
    return snapshot.reader;
  };

  return {
    /**
     * Checks some pages of all clients, and logs each client that is not `ok`.
     * @param input.room maximum findings to return; others are counted
     * @param input.from continuation; absent for the first part
     */
    checkPage: (
      input: { readonly run: string; readonly room: number; readonly from?: string },
      runs?: Pick<Runs, 'running' | 'record'>,
    ): Promise<StepOutcome<CheckPart>> =>
      outcomeOf(async () => {
        const part = await check.page(readerOf(input.run), input.from, runs?.running, runs);
        for (const finding of part.findings) logFinding(finding);
        for (const { fix: _fix, ...warning } of part.warnings ?? []) logEvent('check.warning', warning);
        const findings = part.findings.slice(0, input.room);
        return done({ ...part, findings, omittedFindings: part.findings.length - findings.length });
      }),

    /** Checks some clients by name. */
    checkClients: (
      input: { readonly clients: readonly ClientReference[] },
      runs?: Pick<Runs, 'running' | 'record'>,
    ): Promise<StepOutcome<CheckPart & { readonly warnings: readonly CheckWarning[] }>> =>
      outcomeOf(async () => done(await check.clients(input.clients, runs?.running, runs))),

    /** Finds resources in a registry that no client uses. @param input.tokens marks of the tokens in use, one a part */
    findLeftOvers: (
      input: { readonly run: string; readonly registry: string; readonly tokens: readonly string[] },
      runs?: ReadsClaims,
    ): Promise<StepOutcome<RegistryFindings>> =>
      outcomeOf(async () => {
        const { run, registry, tokens } = input;
        const findUnlisted = createFindUnlisted(runs, vaults.hosts);
        const isInUse = tokenLookup(tokens);
        const unused = await leftOvers(registry, isInUse, readerOf(run), controlPlane, findUnlisted);
        const isReported = (token: string): boolean =>
          unused.unused.some(({ kind, name }) => kind === 'token' && sameName(name, token));
        const others = await unmanaged.findings(registry, readerOf(run), isInUse, isReported, runs);
        const found = { ...unused, ...others };
        for (const item of found.unused) logEvent('check.unused', item);
        for (const { fix: _fix, ...item } of found.unmanaged) logEvent('check.unmanaged', item);
        for (const { fix: _fix, ...warning } of found.warnings) logEvent('check.warning', warning);
        return done(found);
      }),

    /** Logs the summary of a check of all clients. */
    logCheck: (
      input: Omit<CheckResult, 'findings' | 'unused' | 'unmanaged' | 'warnings'> & LogCounts,
    ): Promise<StepOutcome<object>> =>
      outcomeOf(async () => {
        const { checked, counts, omittedFindings, omittedUnused, unused, warnings } = input;
        const { unmanaged: count = 0, omittedUnmanaged = 0 } = input;
        const ofTokens = { unused, omittedUnused, unmanaged: count, omittedUnmanaged };
        logEvent('check.summary', { checked, counts, omittedFindings, ...ofTokens, warnings });
        return done({});
      }),
  };
}

/** Names of the activities that get the engine's runs besides their input. */
export const ACTIVITIES_WITH_RUNS: readonly string[] = [
  'checkPage',
  'checkClients',
  'findLeftOvers',
  'issueCredentials',
  'grantAccess',
  'withdrawAccess',
];

interface LogCounts {
  readonly unused: number;
  /** Absent in the input of a run that an earlier version started. */
  readonly unmanaged?: number;
  readonly warnings: number;
}

function logFinding({ registry, connectedRegistry, client, state, differences }: CheckFinding): void {
  const codes = differences.map(({ code }) => code);
  logEvent('check.finding', { registry, connectedRegistry, client, state, differences: codes });
}
