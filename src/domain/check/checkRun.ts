import type {
  CheckFinding,
  CheckResult,
  UnusedResource,
  Verdict,
} from '@connected-registry/protocol/answers/clientAnswers';
import { shortHash, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { twinsAcross, type PartEnds } from '../clients/caseTwins.js';
import type { Run } from '../operations/run.js';

/** Name of the orchestration, which is also the operation's kind. */
export const CHECK = 'check';

/** Without clients it is about all of them, and about what is left over in the registries. */
export interface CheckRequest {
  readonly clients?: readonly ClientReference[];
  /** Those that the app is configured for. */
  readonly registries: readonly string[];
}
export type CheckRun = Run<CheckRequest>;

/** All instances of checks have it. */
export const CHECK_PREFIX = 'ck-';

/**
 * The instance of a check: one for checks of everything, so that two never run at once; one a run for those that name
 * clients.
 */
export function checkInstance(run: Pick<CheckRun, 'run' | 'request'>): string {
  return `${CHECK_PREFIX}${run.request.clients ? run.run : 'all'}`;
}

/** Equal for checks of the same clients. */
export function checkFingerprint({ clients }: Pick<CheckRequest, 'clients'>): string {
  return shortHash([CHECK, clients ?? 'all'], 32);
}

/** What a part of a check found: of a page of the vault's secrets, or of some clients. */
export interface CheckPart {
  readonly counts: CheckResult['counts'];
  readonly findings: readonly CheckFinding[];
  readonly omittedFindings: number;
  /** {@link tokenMarks} of the tokens that secrets of ours name. */
  readonly tokens: string;
  /** Its first and last clients; absent when the part is the whole check. */
  readonly ends?: PartEnds;
  /** Clients of which the part names others with nearly the same name. */
  readonly warnings?: CheckResult['warnings'];
  /** Where the next part begins; absent at the end. */
  readonly next?: string;
}

/** What is left over in a registry. */
export interface LeftOvers {
  readonly unused: readonly UnusedResource[];
  readonly omittedUnused: number;
  readonly warnings: CheckResult['warnings'];
}

/** A result names so many clients, and so many resources; more are counted. It stands in the durable history. */
export const MAX_FINDINGS = 200;
export const MAX_UNUSED = 100;

/** Sums up the parts of a check. */
export function sumUp(parts: readonly CheckPart[], leftOvers: readonly LeftOvers[]): CheckResult {
  const counts: Partial<Record<Verdict, number>> = {};
  for (const part of parts)
    for (const [state, count] of Object.entries(part.counts) as [Verdict, number][])
      counts[state] = (counts[state] ?? 0) + count;
  const unused = leftOvers.flatMap((part) => part.unused);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  return {
    checked: sum(Object.values(counts)),
    counts,
    findings: parts.flatMap((part) => part.findings),
    omittedFindings: sum(parts.map((part) => part.omittedFindings)),
    unused: unused.slice(0, MAX_UNUSED),
    omittedUnused: sum(leftOvers.map((part) => part.omittedUnused)) + Math.max(0, unused.length - MAX_UNUSED),
    warnings: [
      ...leftOvers.flatMap((part) => part.warnings),
      ...parts.flatMap((part) => part.warnings ?? []),
      ...twinsAcross(parts.map(({ ends }) => ends)),
    ],
  };
}

/**
 * Marks by which tokens that are in use are known again: four bytes each, since the names of a fleet's would fill the
 * history. Two of 20,000 that share one hide an unused token once in many thousand checks.
 */
export function tokenMarks(tokens: readonly { readonly registry: string; readonly token: string }[]): string {
  const marks = tokens.map(({ registry, token }) =>
    Buffer.from(shortHash([registry.toLowerCase(), token.toLowerCase()], 8), 'hex'),
  );
  return Buffer.concat(marks).toString('base64');
}

/** Tells of a token whether its mark is among those. */
export function markReader(marks: readonly string[]): (registry: string, token: string) => boolean {
  const known = new Set<number>();
  for (const text of marks) {
    const bytes = Buffer.from(text, 'base64');
    for (let at = 0; at + 4 <= bytes.length; at += 4) known.add(bytes.readUInt32BE(at));
  }
  return (registry, token) =>
    known.has(Number.parseInt(shortHash([registry.toLowerCase(), token.toLowerCase()], 8), 16));
}
