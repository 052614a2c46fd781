import { tokenLookup, type CheckPart, type UnusedResources } from '../../domain/check/checkRun.js';
import type { CheckFinding, CheckResult, CheckWarning } from '@connected-registry/protocol/answers/clientAnswers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { logEvent } from '../../audit/audit.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { Ports } from '../../ports/ports.js';
import type { Runs } from '../../ports/runs.js';
import { leftOvers } from '../../queries/clients/leftOvers.js';
import type { Queries } from '../../queries/queries.js';
import { createRegistryReader, type RegistryReader } from '../../queries/registry/registryReader.js';

/** What a check of everything reads of a registry may be this old, in milliseconds: what it finds it looks at again. */
const SNAPSHOT_FOR = 10 * 60_000;

/**
 * The parts of a check: each reads as much as one activity should, and its result is kept. What is read of registries is
 * kept in memory between the parts of one run; where another process goes on, it is read once more.
 */
export function checkActivities({ controlPlane }: Pick<Ports, 'controlPlane'>, { check }: Pick<Queries, 'check'>) {
  let snapshot: { readonly run: string; readonly reader: RegistryReader } | undefined;
  const readerOf = (run: string): RegistryReader => {
    if (snapshot?.run !== run)
      snapshot = { run, reader: createRegistryReader(controlPlane, { freshFor: SNAPSHOT_FOR, all: true }) };
    return snapshot.reader;
  };

  return {
    /**
     * Some pages of all clients. Each that is not `ok` gets a line in the log.
     * @param input.room how many of them fit into the result.
     */
    checkPage: (
      input: { readonly run: string; readonly room: number; readonly from?: string },
      runs?: Pick<Runs, 'running'>,
    ): Promise<StepOutcome<CheckPart>> =>
      outcomeOf(async () => {
        const part = await check.page(readerOf(input.run), input.from, runs?.running);
        for (const finding of part.findings) logFinding(finding);
        for (const { fix: _fix, ...warning } of part.warnings ?? []) logEvent('check.warning', warning);
        const findings = part.findings.slice(0, input.room);
        return done({ ...part, findings, omittedFindings: part.findings.length - findings.length });
      }),

    /** Some clients by name. */
    checkClients: (
      input: { readonly clients: readonly ClientReference[] },
      runs?: Pick<Runs, 'running'>,
    ): Promise<StepOutcome<CheckPart & { readonly warnings: readonly CheckWarning[] }>> =>
      outcomeOf(async () => done(await check.clients(input.clients, runs?.running))),

    /** What nobody uses in a registry. @param input.tokens the marks of those that are in use, by parts. */
    findLeftOvers: (input: {
      readonly run: string;
      readonly registry: string;
      readonly tokens: readonly string[];
    }): Promise<StepOutcome<UnusedResources>> =>
      outcomeOf(async () => {
        const { run, registry, tokens } = input;
        const found = await leftOvers(registry, tokenLookup(tokens), readerOf(run), controlPlane);
        for (const item of found.unused) logEvent('check.unused', item);
        for (const { fix: _fix, ...warning } of found.warnings) logEvent('check.warning', warning);
        return done(found);
      }),

    /** One line in the log that sums a check of everything up. */
    logCheck: (
      input: Omit<CheckResult, 'findings' | 'unused' | 'warnings'> & LogCounts,
    ): Promise<StepOutcome<object>> =>
      outcomeOf(async () => {
        const { checked, counts, omittedFindings, omittedUnused, unused, warnings } = input;
        logEvent('check.summary', { checked, counts, omittedFindings, unused, omittedUnused, warnings });
        return done({});
      }),
  };
}

/** Activities that get the running operations beside their input. */
export const TOLD_OF_RUNS: readonly string[] = ['checkPage', 'checkClients'];

interface LogCounts {
  readonly unused: number;
  readonly warnings: number;
}

function logFinding({ registry, connectedRegistry, client, state, differences }: CheckFinding): void {
  const codes = differences.map(({ code }) => code);
  logEvent('check.finding', { registry, connectedRegistry, client, state, differences: codes });
}
